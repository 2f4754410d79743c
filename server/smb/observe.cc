#include "server/smb/observe.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/smb/worker.h"

namespace sluice::smb {
namespace {

using Named = std::vector<std::pair<std::string, uint64_t>>;

void AddNamed(Named* all, absl::string_view name, uint64_t value) {
  for (auto& [known, sum] : *all) {
    if (known == name) {
      sum += value;
      return;
    }
  }
  all->emplace_back(std::string(name), value);
}

LoopObservation ObserveLoop(const Worker& worker) {
  LoopObservation loop;
  const ring::LoopCounters& counters = worker.loop().counters();
  const crypto::StageCounters stage = worker.stage_counters();
  // Two counters that go on while they are read: the difference must not fall below zero.
  const uint64_t closed = worker.counters().connections_closed.value();
  const uint64_t opened = worker.counters().connections_opened.value();
  loop.connections = opened - std::min(opened, closed);
  loop.turns = counters.turns.value();
  loop.completions = counters.completions.value();
  loop.posts = counters.posts.value();
  loop.buffer_bytes_in_use = worker.buffer_bytes_in_use();
  loop.buffer_bytes_held = worker.buffer_bytes_held();
  loop.crypto_jobs = stage.jobs;
  loop.crypto_bytes = stage.bytes;
  loop.crypto_lanes_filled = stage.lanes_filled;
  worker.stats().AddTo(&loop);
  return loop;
}

void AddWorkerCounters(const Worker& worker, Named* all) {
  const WorkerCounters& counters = worker.counters();
  AddNamed(all, "connections_opened", counters.connections_opened.value());
  AddNamed(all, "connections_dropped", counters.dropped.value());
  AddNamed(all, "connections_refused_of_address", counters.refused_of_address.value());
  AddNamed(all, "frames", counters.frames.value());
  AddNamed(all, "requests", counters.requests.value());
  AddNamed(all, "failures", counters.failures.value());
  AddNamed(all, "logons", counters.logons.value());
  AddNamed(all, "failed_logons", counters.failed_logons.value());
  AddNamed(all, "wrong_signatures", counters.wrong_signatures.value());
  AddNamed(all, "failed_decryptions", counters.failed_decryptions.value());
  AddNamed(all, "out_of_buffers", counters.out_of_buffers.value());
  AddNamed(all, "opens_refused", counters.opens_refused.value());
  AddNamed(all, "pipe_memory_refused", counters.pipes_refused.value());
  AddNamed(all, "answers_waited_for_buffers", counters.answers_waited.value());
  AddNamed(all, "buffer_shortages", counters.shortages.value());
  AddNamed(all, "reads_uncopied", counters.reads_uncopied.value());
  AddNamed(all, "crypto_flushes", worker.stage_counters().flushes);
  AddNamed(all, "crypto_jobs", worker.stage_counters().jobs);
  AddNamed(all, "crypto_bytes", worker.stage_counters().bytes);
  AddNamed(all, "crypto_failures", worker.stage_counters().failures);
  AddNamed(all, "crypto_lanes_filled", worker.stage_counters().lanes_filled);
}

void AddNetCounters(const net::NetCounters& counters, Observation* sum) {
  sum->network_bytes_received += counters.bytes_received.value();
  sum->network_bytes_sent += counters.bytes_sent.value();
  for (size_t i = 0; i < counters.closed.size(); ++i) {
    AddNamed(&sum->closed, net::Name(static_cast<net::CloseReason>(i)), counters.closed[i].value());
  }
  AddNamed(&sum->counters, "frames_sent", counters.frames_sent.value());
  AddNamed(&sum->counters, "receives", counters.receives.value());
  AddNamed(&sum->counters, "sends", counters.sends.value());
  AddNamed(&sum->counters, "receive_pauses", counters.pauses.value());
  AddNamed(&sum->counters, "waits_for_receive_buffer", counters.no_provided_buffer.value());
  AddNamed(&sum->counters, "waits_for_frame_buffer", counters.no_frame_buffer.value());
}

}  // namespace

void Observe(const Worker& worker, Observation* sum) {
  sum->loops.push_back(ObserveLoop(worker));
  sum->connections += sum->loops.back().connections;
  sum->crypto_processor = std::string(worker.processor_name());
  worker.stats().AddTo(sum);
  AddWorkerCounters(worker, &sum->counters);
  AddNetCounters(worker.net_counters(), sum);
  for (const auto& [status, count] : worker.failures_by_status()) {
    AddNamed(&sum->statuses, proto::Name(status), count);
  }
}

void Observe(const base::RefusalLog& refusals, Observation* sum) {
  for (size_t i = 0; i < base::kRefusalKinds; ++i) {
    const auto kind = static_cast<base::RefusalKind>(i);
    AddNamed(&sum->refusals, base::Name(kind), refusals.Count(kind));
  }
}

}  // namespace sluice::smb
