# conclave_precompiled(<target> module|test): the standard library, Boost.JSON and, for tests,
# GoogleTest are parsed once a build instead of once a file.
#
# Off where ccache is found: a cached object is cheaper still, and one made with a precompiled
# header is found again from the same folder only. No header of ours is in it, so a source that
# forgets to include one does not compile either way.
if(CCACHE_PROGRAM)
  set(conclave_precompiled_default OFF)
else()
  set(conclave_precompiled_default ON)
endif()
option(CONCLAVE_PRECOMPILED "Precompile third-party headers" ${conclave_precompiled_default})

if(CONCLAVE_PRECOMPILED)
  set(conclave_precompiled_headers <algorithm> <array> <atomic> <charconv> <chrono> <cstdint>
    <expected> <filesystem> <functional> <map> <memory> <mutex> <optional> <span> <sstream> <string>
    <string_view> <thread> <unordered_map> <variant> <vector> <boost/json.hpp>)
  file(WRITE ${CMAKE_BINARY_DIR}/generated/precompiled.cpp "")

  add_library(conclave_precompiled_module STATIC ${CMAKE_BINARY_DIR}/generated/precompiled.cpp)
  target_link_libraries(conclave_precompiled_module PRIVATE Boost::json)
  target_precompile_headers(conclave_precompiled_module PRIVATE ${conclave_precompiled_headers})

  add_executable(conclave_precompiled_test EXCLUDE_FROM_ALL
    ${CMAKE_BINARY_DIR}/generated/precompiled.cpp)
  target_link_libraries(conclave_precompiled_test
    PRIVATE Boost::json GTest::gmock GTest::gtest_main)
  target_precompile_headers(conclave_precompiled_test
    PRIVATE ${conclave_precompiled_headers} <gmock/gmock.h> <gtest/gtest.h>)

  foreach(kind module test)
    target_compile_options(conclave_precompiled_${kind} PRIVATE ${CONCLAVE_WARNINGS}
      "SHELL:-Xclang -fpch-instantiate-templates")
  endforeach()
endif()

function(conclave_precompiled target kind)
  if(CONCLAVE_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM conclave_precompiled_${kind})
  endif()
endfunction()
