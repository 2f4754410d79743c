#include "tools/sluicectl/latencies.h"

#include <nlohmann/json.hpp>

#include "tools/sluicectl/units.h"

namespace sluice::sluicectl {

using nlohmann::json;

const json& Member(const json& object, const std::string& key) {
  static const json& nothing = *new json(json::object());
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

Latencies::Latencies(const json& before, const json& now) {
  for (const json& bucket : Member(now, "buckets")) Add(bucket, 1);
  for (const json& bucket : Member(before, "buckets")) Add(bucket, -1);
}

void Latencies::Add(const json& bucket, double sign) {
  const double n = sign * bucket.at(1).get<double>();
  buckets_[bucket.at(0).get<uint64_t>()] += n;
  count_ += n;
}

double Latencies::Quantile(double quantile) const {
  double seen = 0;
  for (const auto& [bound, n] : buckets_) {
    seen += n;
    if (n > 0 && seen >= quantile * count_) return static_cast<double>(bound);
  }
  return 0;
}

std::string Latencies::Text(double quantile) const {
  return count_ <= 0 ? "-" : Duration(Quantile(quantile));
}

}  // namespace sluice::sluicectl
