# cmake --install: tools, the two libraries, headers with what TableGen made of them, and the CMake
# package that examples/{c,cpp,plugin} build against.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(AttuneCRuntime PROPERTIES EXPORT_NAME Runtime)
set_target_properties(AttuneCRuntimeStatic PROPERTIES EXPORT_NAME RuntimeStatic)
set_target_properties(AttuneCompiler PROPERTIES EXPORT_NAME Compiler)
install(TARGETS AttuneCRuntime AttuneCRuntimeStatic AttuneCompiler attune attune-opt attune-translate
  EXPORT AttuneTargets
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

foreach(tree ${CMAKE_SOURCE_DIR}/include/ ${CMAKE_BINARY_DIR}/include/)
  install(DIRECTORY ${tree} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING
    PATTERN *.h PATTERN *.td PATTERN *.inc
    PATTERN CMakeFiles EXCLUDE)
endforeach()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Attune)
configure_package_config_file(cmake/AttuneConfig.cmake.in AttuneConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(AttuneConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT AttuneTargets NAMESPACE Attune:: DESTINATION ${package_dir})
install(FILES cmake/AttunePlugin.cmake cmake/lit.cfg.py.in ${CMAKE_CURRENT_BINARY_DIR}/AttuneConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/AttuneConfigVersion.cmake DESTINATION ${package_dir})
