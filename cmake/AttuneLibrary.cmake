# All libraries together are the shared library AttuneCompiler: tools and plugins link that one, so
# that a dialect's TypeIDs exist once; unit tests link the static libraries that they need.
define_property(GLOBAL PROPERTY ATTUNE_COMPILER_PARTS)

# attune_compiler_part(TARGET): its objects go into AttuneCompiler.
function(attune_compiler_part target)
  set_property(GLOBAL APPEND PROPERTY ATTUNE_COMPILER_PARTS $<TARGET_OBJECTS:${target}>)
endfunction()

# attune_library(NAME SOURCES… [DEPENDS targets…] [LINK libraries…] [PLAIN])
#
# One static library of the compiler. It links the MLIR and LLVM shared
# libraries, waits for the dialects' generated headers and shares one
# precompiled header. PLAIN: a library that may not see LLVM or MLIR (the runtime).
function(attune_library name)
  cmake_parse_arguments(ARG "PLAIN" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  attune_compiler_part(${name})
  if(NOT ARG_PLAIN)
    add_dependencies(${name} AttuneGenerated ${ARG_DEPENDS})
    target_link_libraries(${name} PUBLIC MLIR LLVM)
    if(NOT name STREQUAL "AttunePrecompiled")
      target_precompile_headers(${name} REUSE_FROM AttunePrecompiled)
    endif()
  endif()
endfunction()
