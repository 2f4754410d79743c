#include "server/smb/capabilities.h"

#include "absl/strings/str_cat.h"
#include "proto/smb2/structure_size.h"
#include "server/auth/mechanism.h"
#include "server/smb/dispatch.h"
#include "server/smb/query_file_info.h"

namespace sluice::smb {
namespace {

using Names = std::vector<std::string>;

Names CommandNames() {
  Names names;
  for (const CommandRow& row : Commands()) {
    names.emplace_back(proto::CommandName(row.command));
  }
  return names;
}

Names FsctlNames() {
  Names names;
  for (const absl::Span<const FsctlRow> rows : {CoreFsctls(), FileFsctls()}) {
    for (const FsctlRow& row : rows) names.emplace_back(row.name);
  }
  return names;
}

// As printable as a tag is; those of 16 bytes are GUIDs.
Names ContextNames() {
  Names names;
  for (const absl::string_view name : CreateContextNames()) {
    std::string text(name);
    if (name.size() != 4) {
      text.clear();
      for (const char c : name) {
        absl::StrAppend(&text, absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
      }
    }
    names.push_back(std::move(text));
  }
  return names;
}

template <typename InfoClass>
std::string InfoName(uint8_t number) {
  const proto::InfoClassRow* row = proto::FindRow(static_cast<InfoClass>(number));
  return row == nullptr ? absl::StrCat("class ", number) : row->name;
}

template <typename InfoClass>
Names QueryNames(absl::Span<const InfoHandlerRow> rows) {
  Names names;
  for (const InfoHandlerRow& row : rows) names.push_back(InfoName<InfoClass>(row.info_class));
  return names;
}

Names SettingNames() {
  Names names;
  for (const proto::FileInfoClass info_class : SettableFileInfoClasses()) {
    names.push_back(InfoName<proto::FileInfoClass>(static_cast<uint8_t>(info_class)));
  }
  return names;
}

Names ListingNames() {
  Names names;
  for (const proto::InfoClassRow& row : proto::FileInfoClasses()) {
    if (proto::IsDirectoryClass(static_cast<proto::FileInfoClass>(row.number))) {
      names.emplace_back(row.name);
    }
  }
  return names;
}

}  // namespace

std::vector<std::pair<std::string, Names>> Capabilities() {
  return {{"log_on", {std::string(auth::kNtlmName), std::string(auth::kKerberosName)}},
          {"commands", CommandNames()},
          {"fsctls", FsctlNames()},
          {"create_contexts", ContextNames()},
          {"query_file_info", QueryNames<proto::FileInfoClass>(FileInfoHandlers())},
          {"query_fs_info", QueryNames<proto::FsInfoClass>(FsInfoHandlers())},
          {"set_file_info", SettingNames()},
          {"list_directory", ListingNames()}};
}

}  // namespace sluice::smb
