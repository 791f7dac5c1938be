# Lets another checkout hit what this one compiled with the precompiled header of
# AttunePrecompiled. Used by scripts/build (ATTUNE_SHARE_CCACHE).
#
# A precompiled header names the folder where it was made, so it is not shared; but the files
# that include it are, when they name it by a path that is the same everywhere, and ccache takes
# for its content what stands in the .sum file (CCACHE_PCH_EXTSUM): here the headers in it.
option(ATTUNE_SHARE_CCACHE "Make compiler cache hits possible between checkouts" OFF)
set(attune_header lib/Dialect/CMakeFiles/AttunePrecompiled.dir/cmake_pch.hxx)
if(ATTUNE_SHARE_CCACHE)
  set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Xclang -include-pch -Xclang ${attune_header}.pch
    -Xclang -include -Xclang ${attune_header})
endif()

function(attune_share_through_ccache target)
  if(ATTUNE_SHARE_CCACHE)
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    get_target_property(headers ${target} PRECOMPILE_HEADERS)
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/${attune_header}.pch.sum
      CONTENT "${LLVM_PACKAGE_VERSION} ${CMAKE_CXX_COMPILER_VERSION} ${headers}\n")
  endif()
endfunction()
