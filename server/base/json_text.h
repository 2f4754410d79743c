// JSON lines for logs: members one after the other, whatever bytes their values hold.
#ifndef SLUICE_SERVER_BASE_JSON_TEXT_H_
#define SLUICE_SERVER_BASE_JSON_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::base {

// "2026-01-31T12:00:00.123Z" of nanoseconds since 1970.
std::string UtcTime(int64_t wall_nanos);

// An object in the making. What is not UTF-8 in a value is replaced, and what could steer a terminal
// is escaped, see printable.h.
class JsonLine {
 public:
  void Add(absl::string_view name, absl::string_view value);
  void Add(absl::string_view name, const char* value) { Add(name, absl::string_view(value)); }
  void Add(absl::string_view name, bool value);
  void Add(absl::string_view name, uint64_t value);
  // 16 hexadecimal digits, as listings show a session.
  void AddHex(absl::string_view name, uint64_t value);
  // The line; nothing can be added afterwards.
  std::string Finish();

 private:
  void AddName(absl::string_view name);

  std::string text_ = "{";
};

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_JSON_TEXT_H_
