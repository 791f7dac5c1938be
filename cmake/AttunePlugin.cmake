# attune_plugin(NAME sources… [TABLEGEN Passes.td])
#
# A shared object of passes that attune and attune-opt load with --load-pass-plugin. It links the
# libraries that they link, so that ops and types are the same ones. From the records of TABLEGEN,
# in a folder of their own, come their declarations: #include "Passes.h.inc".
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

function(attune_plugin name)
  cmake_parse_arguments(ARG "" "TABLEGEN" "" ${ARGN})
  add_library(${name} MODULE ${ARG_UNPARSED_ARGUMENTS})
  target_compile_features(${name} PRIVATE cxx_std_17)
  # As attune is built: without run-time type information.
  target_compile_options(${name} PRIVATE -fno-rtti)
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
  target_include_directories(${name} SYSTEM PRIVATE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_link_libraries(${name} PRIVATE Attune::Compiler MLIR LLVM)
  set_target_properties(${name} PROPERTIES PREFIX "")
  if(ARG_TABLEGEN)
    get_filename_component(stem ${ARG_TABLEGEN} NAME_WE)
    set(LLVM_TARGET_DEFINITIONS ${ARG_TABLEGEN})
    mlir_tablegen(${stem}.h.inc -gen-pass-decls -name=${name} -I ${ATTUNE_INCLUDE_DIR})
    add_custom_target(${name}Generated DEPENDS ${stem}.h.inc)
    add_dependencies(${name} ${name}Generated)
  endif()
endfunction()
