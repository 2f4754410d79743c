#include "server/base/refusal_log.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/auth_limits.h"

namespace sluice::base {

absl::string_view Name(RefusalKind kind) {
  static constexpr absl::string_view kNames[kRefusalKinds] = {"protocol", "logon", "throttled",
                                                              "access", "limit"};
  return kNames[static_cast<size_t>(kind)];
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kBytesMax = 64;
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text.substr(0, kBytesMax)),
                      text.size() > kBytesMax ? "..." : "", "\"");
}

RefusalLog::RefusalLog(const Clock& clock) : clock_(clock), refusals_(limits::refusals_max) {}

void RefusalLog::Add(RefusalKind kind, absl::string_view peer, absl::string_view user,
                     absl::string_view why) {
  const std::string client = AddressOf(peer);
  const int64_t now = clock_.WallNanos();
  const std::string key = absl::StrCat(client, "\n", user, "\n", why);
  const std::lock_guard<std::mutex> lock(mutex_);
  ++counts_[static_cast<size_t>(kind)];
  Refusal& refusal = refusals_.FindOrAdd(key);
  if (refusal.count++ == 0) {
    refusal.kind = kind;
    refusal.client = client;
    refusal.user = std::string(user);
    refusal.why = absl::StrCat(client, ": ", why);
    refusal.first_wall_nanos = now;
  }
  refusal.last_wall_nanos = now;
}

std::vector<Refusal> RefusalLog::List() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Refusal> list;
  list.reserve(refusals_.size());
  for (const auto& [key, refusal] : refusals_.entries()) list.push_back(refusal);
  return list;
}

uint64_t RefusalLog::Count(RefusalKind kind) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_[static_cast<size_t>(kind)];
}

}  // namespace sluice::base
