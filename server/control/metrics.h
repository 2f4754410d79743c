// The gateway's counters for Prometheus. Off unless the configuration names an address.
//
// Names begin with "sluice_" and end with their unit; docs/operations.md explains each.
#ifndef SLUICE_SERVER_CONTROL_METRICS_H_
#define SLUICE_SERVER_CONTROL_METRICS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/observation.h"

namespace sluice::control {

// In the text format that Prometheus reads.
std::string MetricsText(const Observation& seen);

// Serves GET /metrics on threads of its own: limits::kMetricsWorkers connections at a time, each of
// which must send its request within limits::kMetricsRequestMillis.
class MetricsEndpoint {
 public:
  // `listen` is "host:port" or "[v6]:port". `observe` runs once a scrape on the endpoint's threads
  // and outlives the endpoint.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(
      const std::string& listen, std::function<Observation()> observe);
  ~MetricsEndpoint();
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

 private:
  class Impl;
  explicit MetricsEndpoint(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_METRICS_H_
