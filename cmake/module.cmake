# One module is one folder of src/: sources, headers and *_test.cc side by side.
#   filoscope_module(NAME LAYER n [DEPS module...] [LIBS target...])
# gives the library `filoscope_NAME` and, with tests on, the test binary `NAME_tests`.
# tools/check_layers.py reads these calls: a module may include only what DEPS names, from lower layers.

function(filoscope_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                           -Wnon-virtual-dtor -ffp-contract=off)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)  # the compiler that ships
    # restrict: g++ 12 warns inside its own std::string concatenation (GCC bug 105651).
    target_compile_options(${target} PRIVATE -Werror -Wno-restrict)
  else()  # the one that tests, checks locks and fuzzes; libseccomp's macros are C99 literals with fields left out
    target_compile_options(${target} PRIVATE -Werror -Wthread-safety -Wno-c99-extensions
                                             -Wno-missing-field-initializers -include ${PROJECT_SOURCE_DIR}/cmake/clang_source_location.h
                                             "SHELL:-Xclang -fno-pch-timestamp")
  endif()
  if(FILOSCOPE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${FILOSCOPE_SANITIZE} -fno-omit-frame-pointer -O1 -g1)
    target_compile_definitions(${target} PRIVATE FILOSCOPE_SANITIZED)
    target_link_options(${target} PUBLIC -fsanitize=${FILOSCOPE_SANITIZE})
  endif()
endfunction()

function(filoscope_module name)
  cmake_parse_arguments(ARG "" "LAYER" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  set(links ${ARG_LIBS})
  foreach(dep IN LISTS ARG_DEPS)
    list(APPEND links filoscope_${dep})
  endforeach()
  if(sources)
    add_library(filoscope_${name} STATIC ${sources})
    filoscope_compile_options(filoscope_${name})
    target_include_directories(filoscope_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(filoscope_${name} PUBLIC ${links})
  else()
    add_library(filoscope_${name} INTERFACE)
    target_include_directories(filoscope_${name} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(filoscope_${name} INTERFACE ${links})
  endif()
  if(FILOSCOPE_TESTS AND tests)
    filoscope_test(${name}_tests SOURCES ${tests} DEPS ${name})
  endif()
endfunction()

# What every test includes is parsed once: a third of a test file's seconds.
function(filoscope_test_headers target)
  if(NOT TARGET filoscope_test_headers)
    file(WRITE ${PROJECT_BINARY_DIR}/test_headers.cc "")
    add_library(filoscope_test_headers OBJECT ${PROJECT_BINARY_DIR}/test_headers.cc)
    filoscope_compile_options(filoscope_test_headers)
    target_link_libraries(filoscope_test_headers PRIVATE filoscope_base GTest::gmock GTest::gtest_main)
    target_precompile_headers(filoscope_test_headers PRIVATE <algorithm> <array> <chrono> <filesystem> <functional> <map> <memory>
      <optional> <span> <string> <thread> <unordered_map> <variant> <vector> <fmt/format.h> <nlohmann/json.hpp> <gmock/gmock.h>
      <gtest/gtest.h>)
  endif()
  target_precompile_headers(${target} REUSE_FROM filoscope_test_headers)
endfunction()

# A test binary; each TEST becomes one ctest test. TIMEOUT_S is per test.
function(filoscope_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT_S" "SOURCES;DEPS;LIBS" ${ARGN})
  if(NOT ARG_TIMEOUT_S)
    set(ARG_TIMEOUT_S 400)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  filoscope_compile_options(${name})
  set(links ${ARG_LIBS})
  foreach(dep IN LISTS ARG_DEPS)
    list(APPEND links filoscope_${dep})
  endforeach()
  target_link_libraries(${name} PRIVATE ${links} GTest::gmock GTest::gtest_main)
  filoscope_test_headers(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT_S})
endfunction()
