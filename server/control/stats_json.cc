#include "server/control/stats_json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "proto/smb2/structure_size.h"

namespace sluice::control {
namespace {

using nlohmann::json;

std::string CommandKey(size_t opcode) {
  return absl::AsciiStrToLower(proto::CommandName(static_cast<proto::Command>(opcode)));
}

json LatencyJson(const base::HistogramSnapshot& latency) {
  json buckets = json::array();
  for (size_t i = 0; i < latency.counts.size(); ++i) {
    if (latency.counts[i] == 0) continue;
    buckets.push_back({base::histogram::UpperBound(i), latency.counts[i]});
  }
  return {
      {"count", latency.count}, {"sum_nanos", latency.sum_nanos}, {"buckets", std::move(buckets)}};
}

json NamedJson(const std::vector<std::pair<std::string, uint64_t>>& all) {
  json object = json::object();
  for (const auto& [name, value] : all) object[name] = value;
  return object;
}

json CommandsJson(const Observation& seen) {
  json commands = json::object();
  for (size_t i = 0; i < seen.commands.size(); ++i) {
    const CommandObservation& command = seen.commands[i];
    if (command.latency.count == 0) continue;
    commands[CommandKey(i)] = {{"failures", command.failures},
                               {"request_bytes", command.request_bytes},
                               {"response_bytes", command.response_bytes},
                               {"latency", LatencyJson(command.latency)}};
  }
  return commands;
}

json SharesJson(const Observation& seen) {
  json shares = json::object();
  for (const auto& [name, share] : seen.shares) {
    json requests = json::object();
    for (size_t i = 0; i < share.requests.size(); ++i) {
      if (share.requests[i] != 0) requests[CommandKey(i)] = share.requests[i];
    }
    shares[name] = {{"requests", std::move(requests)},
                    {"failures", share.failures},
                    {"bytes_read", share.bytes_read},
                    {"bytes_written", share.bytes_written},
                    {"latency", LatencyJson(share.latency)}};
  }
  return shares;
}

json LoopsJson(const Observation& seen) {
  json loops = json::array();
  for (const LoopObservation& loop : seen.loops) {
    loops.push_back({{"connections", loop.connections},
                     {"turns", loop.turns},
                     {"completions", loop.completions},
                     {"posts", loop.posts},
                     {"cpu_nanos", loop.cpu_nanos},
                     {"buffer_bytes_in_use", loop.buffer_bytes_in_use},
                     {"buffer_bytes_held", loop.buffer_bytes_held},
                     {"crypto_nanos", loop.crypto_nanos},
                     {"crypto_jobs", loop.crypto_jobs},
                     {"crypto_bytes", loop.crypto_bytes},
                     {"crypto_lanes_filled", loop.crypto_lanes_filled},
                     {"crypto_batches", loop.batches}});
  }
  return loops;
}

}  // namespace

json StatsJson(const Observation& seen) {
  return {{"uptime_nanos", seen.uptime_nanos},
          {"connections", seen.connections},
          {"sessions", seen.sessions},
          {"opens", seen.opens},
          {"resident_bytes", seen.resident_bytes},
          {"network_bytes_received", seen.network_bytes_received},
          {"network_bytes_sent", seen.network_bytes_sent},
          {"log_lines_lost", seen.log_lines_lost},
          {"audit_events_lost", seen.audit_events_lost},
          {"crypto_processor", seen.crypto_processor},
          {"commands", CommandsJson(seen)},
          {"shares", SharesJson(seen)},
          {"loops", LoopsJson(seen)},
          {"refusals", NamedJson(seen.refusals)},
          {"closed", NamedJson(seen.closed)},
          {"statuses", NamedJson(seen.statuses)},
          {"counters", NamedJson(seen.counters)}};
}

}  // namespace sluice::control
