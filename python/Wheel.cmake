# The module as the wheel has it: LLVM, MLIR and ONNX as archives inside, protobuf beside it under a
# name of its own (Debian's archive of it cannot be part of a shared object). It then needs only the
# C and C++ libraries and zlib of the system. Not part of `all`: scripts/wheel asks for it.
file(GLOB archives ${LLVM_LIBRARY_DIRS}/libMLIR*.a ${LLVM_LIBRARY_DIRS}/libLLVM*.a
  ${LLVM_LIBRARY_DIRS}/liblldELF.a ${LLVM_LIBRARY_DIRS}/liblldCommon.a)
get_target_property(onnx_archive ONNX::onnx LOCATION)
get_target_property(onnx_proto_archive ONNX::onnx_proto LOCATION)
get_property(parts GLOBAL PROPERTY ATTUNE_COMPILER_PARTS)

set(wheel_package ${CMAKE_BINARY_DIR}/wheel/attune)
set(protobuf ${wheel_package}/libattunepb.so.32)
add_custom_command(OUTPUT ${protobuf}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${wheel_package}
  COMMAND ${Python_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/private_copy.py
    ${Protobuf_LIBRARY} libprotobuf.so.32 ${protobuf}
  DEPENDS private_copy.py VERBATIM)
add_custom_target(AttuneWheelProtobuf DEPENDS ${protobuf})
add_library(AttunePrivateProtobuf SHARED IMPORTED)
set_target_properties(AttunePrivateProtobuf PROPERTIES IMPORTED_LOCATION ${protobuf})

nanobind_add_module(AttuneWheelModule NB_STATIC attune/Native.cpp
  ../lib/CAPI/Compiler.cpp ../lib/CAPI/Runtime.cpp OtherTargets.cpp ${parts})
add_dependencies(AttuneWheelModule AttuneWheelProtobuf)
set_target_properties(AttuneWheelModule PROPERTIES OUTPUT_NAME _native EXCLUDE_FROM_ALL ON
  LIBRARY_OUTPUT_DIRECTORY ${wheel_package} BUILD_WITH_INSTALL_RPATH ON
  INSTALL_RPATH $ORIGIN INSTALL_RPATH_USE_LINK_PATH OFF)
set_source_files_properties(../lib/CAPI/Compiler.cpp ../lib/CAPI/Runtime.cpp PROPERTIES
  COMPILE_OPTIONS -fno-rtti)
target_link_libraries(AttuneWheelModule PRIVATE ${archives} ${onnx_archive} ${onnx_proto_archive}
  AttunePrivateProtobuf libzstd.a ZLIB::ZLIB Threads::Threads ${CMAKE_DL_LIBS})
target_link_options(AttuneWheelModule PRIVATE LINKER:--gc-sections LINKER:--exclude-libs,ALL
  LINKER:-O2 LINKER:--version-script=${CMAKE_CURRENT_SOURCE_DIR}/wheel.map)
