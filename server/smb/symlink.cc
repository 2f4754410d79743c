#include "server/smb/symlink.h"

#include <algorithm>

#include "proto/fscc/attributes.h"
#include "proto/smb2/error.h"
#include "proto/wire/utf16.h"
#include "proto/wire/writer.h"
#include "server/fs/name_rules.h"
#include "server/storage/backend.h"

namespace sluice::smb {
namespace {

// Bytes of ":stream" in a name that has one, from the first colon of its last component on.
size_t StreamBytes(absl::Span<const uint8_t> name) {
  size_t stream = name.size();
  for (size_t i = name.size() / 2; i-- > 0;) {
    if (name[2 * i + 1] != 0) continue;
    if (name[2 * i] == '\\' || name[2 * i] == '/') break;
    if (name[2 * i] == ':') stream = 2 * i;
  }
  return name.size() - stream;
}

}  // namespace

uint32_t ReparseTagOf(const fs::FileMetadata& metadata) {
  const bool link = metadata.stat.type == storage::FileType::kSymlink;
  return link ? proto::reparse_tag::kSymlink : 0;
}

proto::SymlinkReparse SymlinkReparseOf(absl::string_view target) {
  proto::SymlinkReparse reparse;
  reparse.substitute_name = fs::LinkTargetForClient(target);
  reparse.print_name = reparse.substitute_name;
  if (target.empty() || target[0] != '/') reparse.flags = proto::SymlinkReparse::kRelative;
  return reparse;
}

std::vector<uint8_t> SymlinkErrorData(absl::string_view target, absl::string_view unparsed,
                                      absl::Span<const uint8_t> name, size_t bytes_max) {
  const proto::SymlinkReparse reparse = SymlinkReparseOf(target);
  std::vector<uint8_t> substitute_name;
  if (!proto::Utf8ToUtf16(reparse.substitute_name, &substitute_name)) return {};
  proto::SymlinkError error;
  error.substitute_name = substitute_name;
  error.print_name = substitute_name;
  error.flags = reparse.flags;
  // With the separator before the first of them.
  size_t left = unparsed.empty() ? 0 : 2 + proto::Utf16Bytes(unparsed);
  left = std::min(left + StreamBytes(name), name.size());
  error.unparsed_path_length = static_cast<uint16_t>(left);
  if (error.EncodedBytes() > bytes_max) return {};
  std::vector<uint8_t> data(error.EncodedBytes());
  proto::Writer writer(absl::MakeSpan(data));
  error.Encode(writer);
  return writer.ok() ? data : std::vector<uint8_t>();
}

}  // namespace sluice::smb
