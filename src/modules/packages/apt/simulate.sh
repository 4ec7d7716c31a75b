# shellcheck shell=sh
# What apt-get would do with these words. Without its cache files, which it would write anew.
DEBIAN_FRONTEND=noninteractive apt-get -s -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
