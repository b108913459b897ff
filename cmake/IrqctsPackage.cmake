# SPDX-License-Identifier: Apache-2.0
# Packages: `cpack --config build/CPackConfig.cmake` makes a .deb and a .tar.gz of what `cmake --install` lays out.
set(CPACK_GENERATOR "TGZ")
find_program(IRQCTS_DPKG_DEB dpkg-deb)
if(IRQCTS_DPKG_DEB)
  list(APPEND CPACK_GENERATOR "DEB")
endif()
set(CPACK_PACKAGE_NAME irqcts)
set(CPACK_PACKAGE_VENDOR "the irqcts maintainers")
set(CPACK_PACKAGE_CONTACT "the irqcts maintainers <maintainers@irqcts.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_FILE_NAME irqcts-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "python3 (>= 3.11), python3-click, python3-pytest, python3-jinja2, python3-jsonschema, python3-rich")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3-pytest-xdist, qemu-system-x86")
include(CPack)
