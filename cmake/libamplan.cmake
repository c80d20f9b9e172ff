# libamplan: the floors base, schema, planner and executor as one library.
#
# Only what amplan.map names is visible in the shared library. `amplan_internal` is the
# same code for unit tests, which look inside.
set(floors
  $<TARGET_OBJECTS:base> $<TARGET_OBJECTS:schema>
  $<TARGET_OBJECTS:planner> $<TARGET_OBJECTS:executor>)
set(foreign PkgConfig::LIBMD PkgConfig::XML2 PkgConfig::SQLITE)

add_library(amplan_shared SHARED ${floors})
set_target_properties(amplan_shared PROPERTIES
  OUTPUT_NAME amplan
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}
  LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/amplan.map)
target_link_options(amplan_shared PRIVATE
  -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/amplan.map -Wl,--no-undefined)
target_link_libraries(amplan_shared PRIVATE ${foreign})
target_include_directories(amplan_shared PUBLIC
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)

add_library(amplan_static STATIC ${floors})
set_target_properties(amplan_static PROPERTIES OUTPUT_NAME amplan)
target_link_libraries(amplan_static PUBLIC ${foreign})
target_include_directories(amplan_static PUBLIC
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)

add_library(amplan_internal INTERFACE)
target_link_libraries(amplan_internal INTERFACE amplan_static)
target_include_directories(amplan_internal INTERFACE ${CMAKE_SOURCE_DIR})

# relative, so that the tree may be installed, or moved, anywhere
file(RELATIVE_PATH AMPLAN_PC_UP "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/amplan.pc.in amplan.pc @ONLY)
install(TARGETS amplan_shared amplan_static)
install(DIRECTORY include/amplan DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_BINARY_DIR}/amplan.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES schema/migration.xsd schema/plan.xsd
  DESTINATION ${CMAKE_INSTALL_DATADIR}/amplan)
