#include "server/fs/open_file.h"

#include "server/fs/directory_scan.h"

namespace sluice::fs {

OpenFile::OpenFile() = default;
OpenFile::~OpenFile() = default;

}  // namespace sluice::fs
