// Latencies as the gateway's `stats` tells of them, for people.
#ifndef SLUICE_TOOLS_SLUICECTL_LATENCIES_H_
#define SLUICE_TOOLS_SLUICECTL_LATENCIES_H_

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace sluice::sluicectl {

// The member of that name, or an empty object that lives for ever.
const nlohmann::json& Member(const nlohmann::json& object, const std::string& key);

// How requests were answered between two samples of one latency histogram.
class Latencies {
 public:
  // `before` may be an empty object: since the start.
  Latencies(const nlohmann::json& before, const nlohmann::json& now);

  double count() const { return count_; }
  // Nanoseconds; 0 if there were none.
  double Quantile(double quantile) const;
  // "-" if there were none.
  std::string Text(double quantile) const;

 private:
  void Add(const nlohmann::json& bucket, double sign);

  std::map<uint64_t, double> buckets_;  // by upper bound
  double count_ = 0;
};

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_LATENCIES_H_
