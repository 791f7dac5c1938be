# The runtime's tests run hand-written code: two shared objects that the compiler could have made.
foreach(kernels TinyKernels TinyKernelsOtherAbi)
  add_library(${kernels} MODULE TinyKernels.cpp)
  target_compile_options(${kernels} PRIVATE -fno-exceptions -fvisibility=hidden)
  target_link_options(${kernels} PRIVATE -nostdlib)
endforeach()
target_compile_definitions(TinyKernelsOtherAbi PRIVATE TINY_ABI=99)

# A host function that does wrong on purpose, in whole code and in code that lacks something.
foreach(form Whole NoKernels NoGrids NoHost Empty Unnamed)
  set(kernels ScriptedKernels${form})
  add_library(${kernels} MODULE ScriptedKernels.cpp)
  target_compile_options(${kernels} PRIVATE -fno-exceptions -fvisibility=hidden)
  target_link_options(${kernels} PRIVATE -nostdlib)
  target_compile_definitions(${kernels} PRIVATE SCRIPTED_${form})
endforeach()

add_library(TinyModel STATIC TinyModel.cpp)
target_link_libraries(TinyModel PUBLIC AttuneRuntime)
target_compile_definitions(TinyModel PUBLIC
  TINY_KERNELS="$<TARGET_FILE:TinyKernels>"
  TINY_KERNELS_OTHER_ABI="$<TARGET_FILE:TinyKernelsOtherAbi>"
  SCRIPTED_KERNELS="$<TARGET_FILE_DIR:TinyKernels>/$<TARGET_FILE_PREFIX:TinyKernels>ScriptedKernels")
add_dependencies(TinyModel TinyKernels TinyKernelsOtherAbi ScriptedKernelsWhole
  ScriptedKernelsNoKernels ScriptedKernelsNoGrids ScriptedKernelsNoHost ScriptedKernelsEmpty
  ScriptedKernelsUnnamed)

attune_unit_test(RuntimeTest RuntimeArtifactTest.cpp RuntimeDimExpressionTest.cpp
  RuntimeFeaturesTest.cpp RuntimeLimitsTest.cpp RuntimeRecorderTest.cpp RuntimeSessionTest.cpp RuntimeTablesTest.cpp
  RuntimeThreadsTest.cpp RuntimeTopologyTest.cpp LINK TinyModel)
# Apart, because it replaces operator new.
attune_unit_test(RuntimeMemoryTest RuntimeMemoryTest.cpp LINK TinyModel)

# Programs in C against the shared library, on an artefact written beside them.
add_executable(write_tiny WriteTiny.cpp)
target_link_libraries(write_tiny PRIVATE TinyModel)
set(tiny_artifact ${CMAKE_CURRENT_BINARY_DIR}/tiny.attune)
add_custom_command(OUTPUT ${tiny_artifact} COMMAND write_tiny ${tiny_artifact}
  DEPENDS write_tiny TinyKernels VERBATIM)
add_custom_target(TinyArtifact ALL DEPENDS ${tiny_artifact})

foreach(program runtime_c_api ${PROJECT_SOURCE_DIR}/examples/c/run_model)
  get_filename_component(name ${program} NAME)
  add_executable(${name} ${program}.c)
  set_target_properties(${name} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON
    C_EXTENSIONS OFF RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  target_compile_options(${name} PRIVATE -Wall -Wextra -pedantic -Werror)
  target_link_libraries(${name} PRIVATE AttuneCRuntime)
endforeach()
add_test(NAME RuntimeCApi COMMAND runtime_c_api ${tiny_artifact})
add_test(NAME ExampleRunModel COMMAND run_model ${tiny_artifact} x=2x3x4 ids=6)
set_tests_properties(ExampleRunModel PROPERTIES
  PASS_REGULAR_EXPRESSION "y: float32\\[2, 3, 4\\] 3.5 1 6 11")
add_test(NAME RuntimeLinksNoLLVM COMMAND ${CMAKE_COMMAND} -E env
  sh -c "readelf -d $<TARGET_FILE:AttuneCRuntime> | grep NEEDED | grep -iE 'llvm|mlir|protobuf|onnx' && exit 1 || exit 0")
