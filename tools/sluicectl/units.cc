#include "tools/sluicectl/units.h"

#include <cstddef>

#include "absl/strings/str_format.h"

namespace sluice::sluicectl {
namespace {

// Two digits behind the point below 10 would be more than anybody reads.
std::string Short(double value) {
  return value < 9.95 ? absl::StrFormat("%.1f", value) : absl::StrFormat("%.0f", value);
}

template <size_t kCount>
std::string Scaled(double value, double factor, const char* const (&units)[kCount]) {
  size_t unit = 0;
  while (unit + 1 < kCount && value >= factor * 0.9995) {
    value /= factor;
    ++unit;
  }
  return (unit == 0 ? absl::StrFormat("%.0f", value) : Short(value)) + units[unit];
}

}  // namespace

std::string Count(double value) {
  static constexpr const char* kUnits[] = {"", "K", "M", "G", "T"};
  return Scaled(value, 1000, kUnits);
}

std::string Bytes(double value) {
  static constexpr const char* kUnits[] = {" B", " KiB", " MiB", " GiB", " TiB"};
  return Scaled(value, 1024, kUnits);
}

std::string Duration(double nanos) {
  static constexpr const char* kUnits[] = {" ns", " us", " ms", " s"};
  return Scaled(nanos, 1000, kUnits);
}

std::string Age(int64_t seconds) {
  if (seconds < 60) return absl::StrFormat("%d s", seconds);
  if (seconds < 3600) return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
  const int64_t hours = seconds / 3600;
  if (hours < 24) {
    return absl::StrFormat("%d:%02d:%02d", hours, seconds / 60 % 60, seconds % 60);
  }
  return absl::StrFormat("%d d %02d:%02d", hours / 24, hours % 24, seconds / 60 % 60);
}

}  // namespace sluice::sluicectl
