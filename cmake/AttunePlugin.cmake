# Passes out of tree: attune_plugin() builds them, attune_plugin_tests() runs their lit tests.
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)
set(ATTUNE_PACKAGE_DIR ${CMAKE_CURRENT_LIST_DIR})

# attune_plugin(NAME sources… [TABLEGEN Passes.td])
#
# A shared object of passes that attune and attune-opt load with --load-pass-plugin. It links the
# libraries that they link, so that ops and types are the same ones. From the records of TABLEGEN
# come the declarations of passes: #include "Passes.h.inc".
function(attune_plugin name)
  cmake_parse_arguments(ARG "" "TABLEGEN" "" ${ARGN})
  add_library(${name} MODULE ${ARG_UNPARSED_ARGUMENTS})
  target_compile_features(${name} PRIVATE cxx_std_17)
  # As attune is built: without run-time type information.
  target_compile_options(${name} PRIVATE -fno-rtti)
  # As LLVM is built, whatever the build type here: LLVM's statistics have another layout without.
  if(NOT LLVM_ENABLE_ASSERTIONS)
    target_compile_definitions(${name} PRIVATE NDEBUG)
  endif()
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

# attune_plugin_tests(NAME FOLDER)
#
# Makes the target `check`, which runs the lit tests of FOLDER; `lit BUILD/FOLDER` runs them too.
# In their RUN lines attune, attune-opt and FileCheck are at hand, and %load_plugin loads the plugin.
function(attune_plugin_tests name folder)
  set(ATTUNE_PLUGIN ${CMAKE_CURRENT_BINARY_DIR}/${name}${CMAKE_SHARED_MODULE_SUFFIX})
  set(ATTUNE_TEST_SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  set(ATTUNE_TEST_BUILD ${CMAKE_CURRENT_BINARY_DIR}/${folder})
  configure_file(${ATTUNE_PACKAGE_DIR}/lit.cfg.py.in ${ATTUNE_TEST_BUILD}/lit.cfg.py @ONLY)
  find_program(LIT NAMES lit)
  if(LIT)
    add_custom_target(check COMMAND ${LIT} -v ${ATTUNE_TEST_BUILD} DEPENDS ${name} USES_TERMINAL)
  else()
    message(STATUS "no target check: lit is missing (pip install lit, or -DLIT=)")
  endif()
endfunction()
