attune_unit_test(AttuneDriverTest DriverFilesTest.cpp DriverInputRangesTest.cpp
  DriverInputsTest.cpp DriverIsolateTest.cpp DriverProtoTensorTest.cpp DriverSignatureTest.cpp
  DriverSummaryTest.cpp DriverTensorFileTest.cpp DriverTensorTest.cpp DriverVerdictTest.cpp
  DriverWatchTest.cpp LINK AttuneDriver)
# The signature of a module has no public header.
target_include_directories(AttuneDriverTest PRIVATE ${CMAKE_SOURCE_DIR}/lib/Driver)

# A program in C against the compiler's shared library.
add_executable(compiler_c_api compiler_c_api.c)
set_target_properties(compiler_c_api PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON
  C_EXTENSIONS OFF RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
target_compile_options(compiler_c_api PRIVATE -Wall -Wextra -pedantic -Werror)
target_link_libraries(compiler_c_api PRIVATE AttuneCompiler)
add_test(NAME CompilerCApi COMMAND compiler_c_api ${CMAKE_CURRENT_BINARY_DIR}/compiler_c_api_model)
