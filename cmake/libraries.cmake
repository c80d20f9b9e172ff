# The foreign libraries, each used in one place only (docs/architecture.md).
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBMD REQUIRED IMPORTED_TARGET libmd)
pkg_check_modules(XML2 REQUIRED IMPORTED_TARGET libxml-2.0>=2.9)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.38)
pkg_check_modules(CGRAPH REQUIRED IMPORTED_TARGET libcgraph)
pkg_check_modules(YAJL REQUIRED IMPORTED_TARGET yajl)
