#include "server/base/json_text.h"

#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/printable.h"

namespace sluice::base {

std::string UtcTime(int64_t wall_nanos) {
  const time_t seconds = static_cast<time_t>(wall_nanos / 1'000'000'000);
  const int millis = static_cast<int>(wall_nanos / 1'000'000 % 1000);
  tm utc{};
  gmtime_r(&seconds, &utc);
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                         utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, millis);
}

void JsonLine::AddName(absl::string_view name) {
  absl::StrAppend(&text_, text_.size() == 1 ? "" : ",", "\"", name, "\":");
}

void JsonLine::Add(absl::string_view name, absl::string_view value) {
  AddName(name);
  // The library leaves all but C0 as it is.
  text_ += Printable(nlohmann::json(std::string(value))
                         .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void JsonLine::Add(absl::string_view name, bool value) {
  AddName(name);
  text_ += value ? "true" : "false";
}

void JsonLine::Add(absl::string_view name, uint64_t value) {
  AddName(name);
  absl::StrAppend(&text_, value);
}

void JsonLine::AddHex(absl::string_view name, uint64_t value) {
  AddName(name);
  absl::StrAppend(&text_, "\"", absl::Hex(value, absl::kZeroPad16), "\"");
}

std::string JsonLine::Finish() { return std::move(text_) + "}"; }

}  // namespace sluice::base
