// What this gateway can do, told from the tables that do it.
#ifndef SLUICE_SERVER_SMB_CAPABILITIES_H_
#define SLUICE_SERVER_SMB_CAPABILITIES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/fscc/info_class.h"

namespace sluice::smb {

// What each table has, under the table's name: "log_on", "commands", "fsctls", "create_contexts",
// "query_file_info", "query_fs_info", "set_file_info", "list_directory".
std::vector<std::pair<std::string, std::vector<std::string>>> Capabilities();

// For Capabilities(), from beside the tables.
std::vector<absl::string_view> CreateContextNames();          // create_contexts.cc: those granted
std::vector<proto::FileInfoClass> SettableFileInfoClasses();  // set_info.cc

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_CAPABILITIES_H_
