# Compiler, language level, warnings, hardening, sanitizers, linker and cache.
#
# g++ below 13 destroys some temporaries twice inside co_await expressions and misses dropped
# [[nodiscard]] results of coroutines; it is refused rather than worked around.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines. "
    "Install clang-19 and configure with a preset (cmake --preset dev).")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CONCLAVE_SANITIZE "" CACHE STRING "address,undefined | thread | fuzzer,address,undefined")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
if(CONCLAVE_SANITIZE MATCHES "^(address|thread)")
  # Optimising what is instrumented costs two thirds of the compiler's time and finds nothing more;
  # fuzz targets are optimised, since there rounds count.
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND NOT CONCLAVE_SANITIZE)
  add_link_options(-fuse-ld=mold)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()

if(CONCLAVE_SANITIZE)
  set(conclave_sanitize_flags -fsanitize=${CONCLAVE_SANITIZE} -fno-omit-frame-pointer)
  if(CONCLAVE_SANITIZE MATCHES "undefined")
    list(APPEND conclave_sanitize_flags -fno-sanitize-recover=undefined)
  endif()
  if(CONCLAVE_SANITIZE MATCHES "fuzzer")
    # Only fuzz targets bring libFuzzer's main; everything else is merely instrumented.
    string(REPLACE "fuzzer" "fuzzer-no-link" conclave_sanitize_flags "${conclave_sanitize_flags}")
  endif()
  add_compile_options(${conclave_sanitize_flags})
  add_link_options(${conclave_sanitize_flags})
else()
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()

add_compile_options(-fstack-protector-strong)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
add_link_options(-Wl,-z,relro -Wl,-z,now)
# Asio and Beast are compiled once, in runtime/async and runtime/wire.
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION BOOST_BEAST_USE_STD_STRING_VIEW)

# On our own targets only; third-party headers are system headers.
set(CONCLAVE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Wimplicit-fallthrough -Wunused-result -Werror)
