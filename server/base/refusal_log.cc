#include "server/base/refusal_log.h"

#include <utility>

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

RefusalLog::RefusalLog(const Clock& clock)
    : clock_(clock), refusals_(limits::refusals_max), lines_(limits::refusals_max) {}

// A failed log-on waits for its answer and so cannot come often.
RefusalLog::Line RefusalLog::TakeLine(RefusalKind kind, const std::string& client) {
  if (kind == RefusalKind::kLogon || kind == RefusalKind::kThrottled) return {};
  Lines& lines = lines_.FindOrAdd(client);
  const uint64_t second = clock_.MonotonicNanos() / 1'000'000'000;
  if (lines.second != second) {
    lines.second = second;
    lines.written = 0;
  }
  if (lines.written == limits::kRefusalLinesPerSecondMax) {
    ++lines.left_out;
    return {false, 0};
  }
  ++lines.written;
  return {true, std::exchange(lines.left_out, 0)};
}

// An address with many forgets its own oldest one, not that of others.
void RefusalLog::MakeRoom(const std::string& client) {
  size_t of_client = 0;
  const std::string* oldest = nullptr;
  for (const auto& [key, refusal] : refusals_.entries()) {
    if (refusal.client != client) continue;
    ++of_client;
    oldest = &key;
  }
  if (of_client >= limits::kRefusalsPerAddressMax) refusals_.Erase(std::string(*oldest));
}

RefusalLog::Line RefusalLog::Add(RefusalKind kind, absl::string_view peer, absl::string_view user,
                                 absl::string_view why, absl::string_view rule) {
  const std::string client = AddressOf(peer);
  const int64_t now = clock_.WallNanos();
  const std::string key = absl::StrCat(client, "\n", user, "\n", rule.empty() ? why : rule);
  const std::lock_guard<std::mutex> lock(mutex_);
  ++counts_[static_cast<size_t>(kind)];
  const Line line = TakeLine(kind, client);
  Refusal* refusal = refusals_.Find(key);
  if (refusal == nullptr) {
    if (!line.write) return line;
    MakeRoom(client);
    refusal = &refusals_.FindOrAdd(key);
    refusal->kind = kind;
    refusal->client = client;
    refusal->user = std::string(user);
    refusal->first_wall_nanos = now;
  }
  ++refusal->count;
  refusal->why = absl::StrCat(client, ": ", why);
  refusal->last_wall_nanos = now;
  return line;
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
