#include "server/control/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proto/smb2/structure_size.h"
#include "server/base/control_limits.h"

namespace sluice::control {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Labels = std::vector<ClientMetric::Label>;

constexpr double kNanosPerSecond = 1e9;
// Of latencies a bound for each power of two of these bits is told: 8 us to 17 s.
constexpr int kLeastBoundBits = 13;
constexpr int kGreatestBoundBits = 34;

class Families {
 public:
  void Begin(const char* name, MetricType type, const char* help) {
    families_.push_back({name, help, type, {}});
  }
  void Add(double value, Labels labels = {}) {
    ClientMetric& metric = New(std::move(labels));
    (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        value;
  }
  void AddLatency(const base::HistogramSnapshot& latency, Labels labels) {
    ClientMetric::Histogram& histogram = New(std::move(labels)).histogram;
    histogram.sample_count = latency.count;
    histogram.sample_sum = static_cast<double>(latency.sum_nanos) / kNanosPerSecond;
    uint64_t below = 0;
    size_t bucket = 0;
    for (int bits = kLeastBoundBits; bits <= kGreatestBoundBits; ++bits) {
      const uint64_t bound = uint64_t{1} << bits;
      while (base::histogram::UpperBound(bucket) <= bound) below += latency.counts[bucket++];
      histogram.bucket.push_back({below, static_cast<double>(bound) / kNanosPerSecond});
    }
    AddInfinity(&histogram);
  }
  void AddBatches(const LoopObservation& loop, Labels labels) {
    ClientMetric::Histogram& histogram = New(std::move(labels)).histogram;
    histogram.sample_sum = static_cast<double>(loop.crypto_jobs);
    for (size_t i = 0; i < loop.batches.size(); ++i) {
      histogram.sample_count += loop.batches[i];
      if (i + 1 == loop.batches.size()) break;
      histogram.bucket.push_back(
          {histogram.sample_count, static_cast<double>((uint64_t{1} << i) - 1)});
    }
    AddInfinity(&histogram);
  }
  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  static void AddInfinity(ClientMetric::Histogram* histogram) {
    histogram->bucket.push_back({histogram->sample_count, std::numeric_limits<double>::infinity()});
  }
  ClientMetric& New(Labels labels) {
    std::vector<ClientMetric>& metrics = families_.back().metric;
    metrics.emplace_back();
    metrics.back().label = std::move(labels);
    return metrics.back();
  }

  std::vector<MetricFamily> families_;
};

std::string CommandLabel(size_t opcode) {
  return absl::AsciiStrToLower(proto::CommandName(static_cast<proto::Command>(opcode)));
}

void AddGateway(const Observation& seen, Families* families) {
  const struct {
    const char* name;
    MetricType type;
    const char* help;
    double value;
  } kRows[] = {
      {"sluice_uptime_seconds", MetricType::Gauge, "Since the gateway began to serve.",
       static_cast<double>(seen.uptime_nanos) / kNanosPerSecond},
      {"sluice_connections", MetricType::Gauge, "Connected clients now.",
       static_cast<double>(seen.connections)},
      {"sluice_sessions", MetricType::Gauge, "Sessions that are logged on now.",
       static_cast<double>(seen.sessions)},
      {"sluice_opens", MetricType::Gauge, "Files, directories and pipes that are open now.",
       static_cast<double>(seen.opens)},
      {"sluice_resident_memory_bytes", MetricType::Gauge, "Memory of the process.",
       static_cast<double>(seen.resident_bytes)},
      {"sluice_network_received_bytes_total", MetricType::Counter, "Received from clients.",
       static_cast<double>(seen.network_bytes_received)},
      {"sluice_network_sent_bytes_total", MetricType::Counter, "Sent to clients.",
       static_cast<double>(seen.network_bytes_sent)},
      {"sluice_log_lines_lost_total", MetricType::Counter, "Log lines that could not be written.",
       static_cast<double>(seen.log_lines_lost)},
      {"sluice_audit_events_lost_total", MetricType::Counter,
       "Audit events that could not be written.", static_cast<double>(seen.audit_events_lost)},
  };
  for (const auto& row : kRows) {
    families->Begin(row.name, row.type, row.help);
    families->Add(row.value);
  }
}

void AddNamed(const std::vector<std::pair<std::string, uint64_t>>& all, const char* label,
              Families* families) {
  for (const auto& [name, value] : all) {
    families->Add(static_cast<double>(value), {{label, name}});
  }
}

// Commands that nobody has sent are left out.
template <typename F>
void ForCommands(const Observation& seen, F f) {
  for (size_t i = 0; i < seen.commands.size(); ++i) {
    if (seen.commands[i].latency.count != 0) f(seen.commands[i], CommandLabel(i));
  }
}

void AddCommands(const Observation& seen, Families* families) {
  families->Begin("sluice_request_duration_seconds", MetricType::Histogram,
                  "From a request's being complete to its answer's being ready to be signed.");
  ForCommands(seen, [families](const CommandObservation& command, const std::string& name) {
    families->AddLatency(command.latency, {{"command", name}});
  });
  families->Begin("sluice_request_failures_total", MetricType::Counter,
                  "Requests that were answered with an error.");
  ForCommands(seen, [families](const CommandObservation& command, const std::string& name) {
    families->Add(static_cast<double>(command.failures), {{"command", name}});
  });
  families->Begin("sluice_request_bytes_total", MetricType::Counter, "Requests, as SMB2 messages.");
  ForCommands(seen, [families](const CommandObservation& command, const std::string& name) {
    families->Add(static_cast<double>(command.request_bytes), {{"command", name}});
  });
  families->Begin("sluice_response_bytes_total", MetricType::Counter,
                  "Responses, as SMB2 messages.");
  ForCommands(seen, [families](const CommandObservation& command, const std::string& name) {
    families->Add(static_cast<double>(command.response_bytes), {{"command", name}});
  });
  families->Begin("sluice_responses_total", MetricType::Counter,
                  "Responses that were errors or warnings, by their NTSTATUS.");
  AddNamed(seen.statuses, "status", families);
}

void AddShares(const Observation& seen, Families* families) {
  families->Begin("sluice_share_request_duration_seconds", MetricType::Histogram,
                  "As sluice_request_duration_seconds, by share.");
  for (const auto& [name, share] : seen.shares) {
    families->AddLatency(share.latency, {{"share", name}});
  }
  families->Begin("sluice_share_requests_total", MetricType::Counter,
                  "Requests by share and command.");
  for (const auto& [name, share] : seen.shares) {
    for (size_t i = 0; i < share.requests.size(); ++i) {
      if (share.requests[i] == 0) continue;
      families->Add(static_cast<double>(share.requests[i]),
                    {{"share", name}, {"command", CommandLabel(i)}});
    }
  }
  const struct {
    const char* name;
    const char* help;
    uint64_t ShareObservation::*value;
  } kRows[] = {
      {"sluice_share_failures_total", "Requests that were answered with an error, by share.",
       &ShareObservation::failures},
      {"sluice_share_read_bytes_total", "File data that clients have read, by share.",
       &ShareObservation::bytes_read},
      {"sluice_share_written_bytes_total", "File data that clients have written, by share.",
       &ShareObservation::bytes_written},
  };
  for (const auto& row : kRows) {
    families->Begin(row.name, MetricType::Counter, row.help);
    for (const auto& [name, share] : seen.shares) {
      families->Add(static_cast<double>(share.*row.value), {{"share", name}});
    }
  }
}

void AddLoops(const Observation& seen, Families* families) {
  const struct {
    const char* name;
    MetricType type;
    const char* help;
    uint64_t LoopObservation::*value;
    double unit;
  } kRows[] = {
      {"sluice_loop_cpu_seconds_total", MetricType::Counter,
       "What the loop's thread has used of a core: its rate is how busy the loop is.",
       &LoopObservation::cpu_nanos, kNanosPerSecond},
      {"sluice_loop_connections", MetricType::Gauge, "Connections of the loop now.",
       &LoopObservation::connections, 1},
      {"sluice_loop_turns_total", MetricType::Counter, "Turns of the loop.",
       &LoopObservation::turns, 1},
      {"sluice_loop_completions_total", MetricType::Counter, "Completions that io_uring gave.",
       &LoopObservation::completions, 1},
      {"sluice_loop_posts_total", MetricType::Counter, "What other threads gave the loop to run.",
       &LoopObservation::posts, 1},
      {"sluice_buffer_used_bytes", MetricType::Gauge, "Pooled buffers in use now.",
       &LoopObservation::buffer_bytes_in_use, 1},
      {"sluice_buffer_held_bytes", MetricType::Gauge,
       "Pooled buffers in use or kept for reuse now.", &LoopObservation::buffer_bytes_held, 1},
      {"sluice_crypto_seconds_total", MetricType::Counter,
       "Spent on signatures and ciphers by the crypto stage.", &LoopObservation::crypto_nanos,
       kNanosPerSecond},
      {"sluice_crypto_bytes_total", MetricType::Counter, "Signed, verified, sealed and opened.",
       &LoopObservation::crypto_bytes, 1},
      {"sluice_crypto_lanes_filled_total", MetricType::Counter,
       "Jobs that shared the library's lanes with others.", &LoopObservation::crypto_lanes_filled,
       1},
  };
  for (const auto& row : kRows) {
    families->Begin(row.name, row.type, row.help);
    for (size_t i = 0; i < seen.loops.size(); ++i) {
      families->Add(static_cast<double>(seen.loops[i].*row.value) / row.unit,
                    {{"loop", absl::StrCat(i)}});
    }
  }
  families->Begin("sluice_crypto_batch_jobs", MetricType::Histogram,
                  "Jobs that the crypto stage ran together.");
  for (size_t i = 0; i < seen.loops.size(); ++i) {
    families->AddBatches(seen.loops[i], {{"loop", absl::StrCat(i)}});
  }
}

std::vector<MetricFamily> Collect(const Observation& seen) {
  Families families;
  AddGateway(seen, &families);
  AddCommands(seen, &families);
  AddShares(seen, &families);
  AddLoops(seen, &families);
  families.Begin("sluice_refusals_total", MetricType::Counter,
                 "Clients that were refused, by kind: what `sluicectl clients refused` tells of.");
  AddNamed(seen.refusals, "kind", &families);
  families.Begin("sluice_connections_closed_total", MetricType::Counter,
                 "Connections that ended, by reason.");
  AddNamed(seen.closed, "reason", &families);
  families.Begin("sluice_events_total", MetricType::Counter, "Everything else that is counted.");
  AddNamed(seen.counters, "event", &families);
  return families.Take();
}

class Collector final : public prometheus::Collectable {
 public:
  explicit Collector(std::function<Observation()> observe) : observe_(std::move(observe)) {}
  std::vector<MetricFamily> Collect() const override { return control::Collect(observe_()); }

 private:
  const std::function<Observation()> observe_;
};

}  // namespace

std::string MetricsText(const Observation& seen) {
  return prometheus::TextSerializer().Serialize(Collect(seen));
}

class MetricsEndpoint::Impl {
 public:
  Impl(const std::string& listen, std::function<Observation()> observe)
      : collector_(std::make_shared<Collector>(std::move(observe))),
        // A worker waits for its connection's request, so an idle connection costs one until then.
        exposer_({"listening_ports", listen, "num_threads", absl::StrCat(limits::kMetricsWorkers),
                  "request_timeout_ms", absl::StrCat(limits::kMetricsRequestMillis)}) {
    exposer_.RegisterCollectable(collector_);
  }

 private:
  const std::shared_ptr<Collector> collector_;
  prometheus::Exposer exposer_;
};

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const std::string& listen, std::function<Observation()> observe) {
  try {
    return std::unique_ptr<MetricsEndpoint>(
        new MetricsEndpoint(std::make_unique<Impl>(listen, std::move(observe))));
  } catch (const std::exception&) {
    // It says nothing that an operator would understand, and this is all that can go wrong.
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", listen, " for metrics: the address is in use or not this machine's"));
  }
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsEndpoint::~MetricsEndpoint() = default;

}  // namespace sluice::control
