include(packaging/cmake/Precompiled.cmake)

# conclave_module(<name> SOURCES a.cpp ... HEADERS a.hpp ... PUBLIC deps ... PRIVATE deps ...)
#
# A library of one folder. Includes are written from the root of the tree. HEADERS form a header
# set, so that CMake's VERIFY_INTERFACE_HEADER_SETS proves that each header stands alone.
function(conclave_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "conclave_module(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(target conclave_${name})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
    target_compile_options(${target} PRIVATE ${CONCLAVE_WARNINGS})
    conclave_precompiled(${target} module)
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_PUBLIC} ${arg_PRIVATE})
  endif()
  add_library(conclave::${name} ALIAS ${target})
  target_include_directories(${target} ${scope} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
  if(arg_HEADERS)
    target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}
      FILES ${arg_HEADERS})
    set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  endif()
endfunction()

# conclave_program(<name> SOURCES ... LINK ...): an executable with our warnings and includes,
# placed in <build>/bin.
function(conclave_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${CONCLAVE_WARNINGS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# conclave_unit_test(<module> SOURCES ... LINK ...): one GoogleTest program for one module.
# Tests find the tree through CONCLAVE_SOURCE_DIR and built programs through CONCLAVE_BIN_DIR.
function(conclave_unit_test module)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  set(name unit_${module})
  conclave_program(${name} SOURCES ${arg_SOURCES} LINK ${arg_LINK} GTest::gmock GTest::gtest_main)
  conclave_precompiled(${name} test)
  target_compile_definitions(${name} PRIVATE CONCLAVE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    CONCLAVE_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()
