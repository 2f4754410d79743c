// Search patterns of QUERY_DIRECTORY with DOS semantics. [MS-FSA] 2.1.4.4.
#ifndef SLUICE_SERVER_FS_WILDCARD_H_
#define SLUICE_SERVER_FS_WILDCARD_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::fs {

// Any of * ? < > " in a name.
bool HasWildcards(absl::string_view name);

// A pattern, folded once and matched against many names. Immutable; thread-safe.
class Wildcard {
 public:
  Wildcard() = default;  // matches everything
  // UTF-8. "" and "*" match everything.
  explicit Wildcard(absl::string_view pattern);

  // Without regard to case. Costs O(pattern * name) at worst, O(name) for usual patterns.
  bool Matches(absl::string_view name) const;
  bool matches_everything() const { return everything_; }
  // No wildcard in it: the pattern is one name.
  bool is_literal() const { return literal_; }

 private:
  std::u32string pattern_;
  bool everything_ = true;
  bool literal_ = false;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_WILDCARD_H_
