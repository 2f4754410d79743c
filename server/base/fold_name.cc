#include "server/base/fold_name.h"

#include <utf8proc.h>

#include <cstddef>

namespace sluice::base {

std::string FoldName(absl::string_view name) {
  std::string folded;
  folded.reserve(name.size());
  while (!name.empty()) {
    utf8proc_int32_t c = 0;
    const utf8proc_ssize_t bytes =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                         static_cast<utf8proc_ssize_t>(name.size()), &c);
    if (bytes <= 0) {
      folded += name.front();
      name.remove_prefix(1);
      continue;
    }
    utf8proc_uint8_t upper[4];
    const utf8proc_ssize_t size = utf8proc_encode_char(utf8proc_toupper(c), upper);
    folded.append(reinterpret_cast<const char*>(upper), static_cast<size_t>(size));
    name.remove_prefix(static_cast<size_t>(bytes));
  }
  return folded;
}

bool SameName(absl::string_view a, absl::string_view b) {
  return a == b || FoldName(a) == FoldName(b);
}

}  // namespace sluice::base
