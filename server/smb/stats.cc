#include "server/smb/stats.h"

#include <algorithm>
#include <bit>

namespace sluice::smb {

void ShareStats::Add(const Answer& answer) {
  requests[static_cast<size_t>(answer.command)].Add();
  if (answer.failed) failures.Add();
  bytes_read.Add(answer.bytes_read);
  bytes_written.Add(answer.bytes_written);
  latency.Add(answer.nanos);
}

ShareStats* Stats::ForShare(const std::string& name) {
  std::lock_guard<std::mutex> lock(shares_mutex_);
  std::unique_ptr<ShareStats>& share = shares_[name];
  if (share == nullptr) share = std::make_unique<ShareStats>();
  return share.get();
}

void Stats::Add(const Answer& answer, ShareStats* share) {
  const size_t opcode = static_cast<size_t>(answer.command);
  if (opcode >= commands_.size()) return;
  CommandStats& command = commands_[opcode];
  if (answer.failed) command.failures.Add();
  command.request_bytes.Add(answer.request_bytes);
  command.response_bytes.Add(answer.response_bytes);
  command.latency.Add(answer.nanos);
  if (share != nullptr) share->Add(answer);
}

void Stats::AddBatch(uint64_t jobs, uint64_t nanos) {
  const size_t bits = static_cast<size_t>(std::bit_width(jobs));
  batches_[std::min(bits, batches_.size() - 1)].Add();
  crypto_nanos_.Add(nanos);
}

void Stats::AddTo(Observation* sum) const {
  for (size_t i = 0; i < commands_.size(); ++i) {
    const CommandStats& from = commands_[i];
    CommandObservation& to = sum->commands[i];
    to.failures += from.failures.value();
    to.request_bytes += from.request_bytes.value();
    to.response_bytes += from.response_bytes.value();
    from.latency.AddTo(&to.latency);
  }
  std::lock_guard<std::mutex> lock(shares_mutex_);
  for (const auto& [name, from] : shares_) {
    ShareObservation& to = sum->shares[name];
    for (size_t i = 0; i < from->requests.size(); ++i) {
      to.requests[i] += from->requests[i].value();
    }
    to.failures += from->failures.value();
    to.bytes_read += from->bytes_read.value();
    to.bytes_written += from->bytes_written.value();
    from->latency.AddTo(&to.latency);
  }
}

void Stats::AddTo(LoopObservation* loop) const {
  for (size_t i = 0; i < batches_.size(); ++i) loop->batches[i] += batches_[i].value();
  loop->crypto_nanos += crypto_nanos_.value();
}

}  // namespace sluice::smb
