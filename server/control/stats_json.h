// The gateway's counters as JSON, for `sluicectl top` and programs.
#ifndef SLUICE_SERVER_CONTROL_STATS_JSON_H_
#define SLUICE_SERVER_CONTROL_STATS_JSON_H_

#include <nlohmann/json_fwd.hpp>

#include "server/observation.h"

namespace sluice::control {

// Counts are from the gateway's start on: a rate is the difference of two answers over that of
// their "uptime_nanos". A latency histogram is {"count", "sum_nanos", "buckets"}, its buckets pairs
// of an upper bound in nanoseconds and the number of requests in that bucket alone, empty ones
// left out.
nlohmann::json StatsJson(const Observation& seen);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_STATS_JSON_H_
