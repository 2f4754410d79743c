#include "server/smb/worker.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/log.h"
#include "server/base/net_limits.h"
#include "server/base/refusal_log.h"

namespace sluice::smb {
namespace {

constexpr uint64_t kNanosPerMilli = 1'000'000;

}  // namespace

Worker::Worker(ServerState& server, ring::Loop& loop)
    : server_(server),
      preferences_(server.preferences),
      loop_(loop),
      stage_(crypto::BatchStage::Create(server.processor)),
      large_reads_(loop) {}

Worker::~Worker() = default;

void Worker::AddConnection(int fd, std::string peer) {
  const uint64_t max = preferences().limits.connections_per_address;
  if (!server_.addresses.Enter(peer, max)) {
    counters_.refused_of_address.Add();
    const base::RefusalLog::Line line =
        server_.refusals.Add(base::RefusalKind::kLimit, peer, "",
                             absl::StrCat("its address has ", max,
                                          " connections; limits.connections_per_address is ", max));
    if (line.write) {
      base::Log(base::LogLevel::kInfo,
                "client %s was refused: its address has %d connections, and "
                "limits.connections_per_address allows no more",
                peer, max);
    }
    loop_.Close(fd);
    loop_.load().fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  counters_.connections_opened.Add();
  auto connection = std::make_shared<SmbConnection>(*this, fd, std::move(peer));
  const uint64_t id = connection->state().id();
  connections_.emplace(id, std::move(connection));
}

void Worker::RemoveConnection(const SmbConnection& connection) {
  if (connections_.erase(connection.state().id()) == 0) return;
  counters_.connections_closed.Add();
  server_.addresses.Leave(connection.peer());
  loop_.load().fetch_sub(1, std::memory_order_relaxed);
}

std::shared_ptr<SmbConnection> Worker::FindConnection(uint64_t id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second;
}

void Worker::DropAll(bool after_send) {
  std::vector<std::shared_ptr<SmbConnection>> all;
  for (const auto& [id, connection] : connections_) all.push_back(connection);
  for (const std::shared_ptr<SmbConnection>& connection : all) {
    if (after_send) {
      connection->DropAfterSend();
    } else {
      connection->Drop(net::CloseReason::kShutdown);
    }
  }
}

void Worker::EndTreesOf(const Share& share) {
  std::vector<std::shared_ptr<SmbConnection>> all;
  for (const auto& [id, connection] : connections_) all.push_back(connection);
  for (const std::shared_ptr<SmbConnection>& connection : all) connection->EndTreesOf(share);
}

void Worker::OnTurn(ring::Loop&) {
  if (received_first_ != nullptr) {
    FlushStage();
    DispatchReceived();
  }
  if (!ready_.empty()) SendReady();
  large_reads_.OnTurn();
  if (loop_.buffers().TakeShortage()) {
    counters_.shortages.Add();
    if (!shortage_timer_.armed()) OnShortageTimer();
  }
  PublishCounters();
}

// While somebody waits for memory, or just did, clients that hold it and do nothing are looked for.
void Worker::OnShortageTimer() {
  std::vector<std::shared_ptr<SmbConnection>> all;
  all.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) all.push_back(connection);
  for (const std::shared_ptr<SmbConnection>& connection : all) connection->EndIfSlow();
  const bool goes_on = loop_.buffers().TakeShortage() || loop_.buffers().short_of_memory();
  if (!goes_on || loop_.stopping()) return;
  loop_.ArmTimer(shortage_timer_, loop_.now() + limits::shortage_interval_ms * kNanosPerMilli);
}

void Worker::FlushStage() {
  if (stage_->empty()) return;
  const uint64_t jobs = stage_->counters().jobs;
  const uint64_t begin = loop_.clock().MonotonicNanos();
  stage_->Flush();
  stats_.AddBatch(stage_->counters().jobs - jobs, loop_.clock().MonotonicNanos() - begin);
}

void Worker::DispatchReceived() {
  Chain* chain = std::exchange(received_first_, nullptr);
  received_last_ = nullptr;
  while (chain != nullptr) {
    Chain* const next = std::exchange(chain->queue_next, nullptr);
    chain->Dispatch();
    chain = next;
  }
}

void Worker::SendReady() {
  sending_.swap(ready_);
  for (const std::shared_ptr<SmbConnection>& connection : sending_) {
    connection->queued_for_sending = false;
    connection->PrepareSend();
  }
  FlushStage();
  for (const std::shared_ptr<SmbConnection>& connection : sending_) connection->FinishSend();
  sending_.clear();
}

void Worker::PublishCounters() {
  const crypto::StageCounters& now = stage_->counters();
  stage_counters_[0].store(now.flushes, std::memory_order_relaxed);
  stage_counters_[1].store(now.jobs, std::memory_order_relaxed);
  stage_counters_[2].store(now.bytes, std::memory_order_relaxed);
  stage_counters_[3].store(now.failures, std::memory_order_relaxed);
  stage_counters_[4].store(now.lanes_filled, std::memory_order_relaxed);
  buffers_in_use_.store(loop_.buffers().bytes_in_use(), std::memory_order_relaxed);
  buffers_held_.store(loop_.buffers().bytes_held(), std::memory_order_relaxed);
}

crypto::StageCounters Worker::stage_counters() const {
  crypto::StageCounters counters;
  counters.flushes = stage_counters_[0].load(std::memory_order_relaxed);
  counters.jobs = stage_counters_[1].load(std::memory_order_relaxed);
  counters.bytes = stage_counters_[2].load(std::memory_order_relaxed);
  counters.failures = stage_counters_[3].load(std::memory_order_relaxed);
  counters.lanes_filled = stage_counters_[4].load(std::memory_order_relaxed);
  return counters;
}

// The statuses that there are fit easily; what does not fit is counted in the sum only.
void Worker::CountFailure(proto::NtStatus status) {
  counters_.failures.Add();
  const uint32_t value = static_cast<uint32_t>(status);
  for (FailureSlot& slot : failures_) {
    const uint32_t present = slot.status.load(std::memory_order_relaxed);
    if (present != value && present != 0) continue;
    slot.status.store(value, std::memory_order_relaxed);
    slot.count.Add();
    return;
  }
}

std::vector<std::pair<proto::NtStatus, uint64_t>> Worker::failures_by_status() const {
  std::vector<std::pair<proto::NtStatus, uint64_t>> failures;
  for (const FailureSlot& slot : failures_) {
    const uint32_t status = slot.status.load(std::memory_order_relaxed);
    if (status == 0) break;
    failures.emplace_back(static_cast<proto::NtStatus>(status), slot.count.value());
  }
  return failures;
}

Chain* Worker::TakeChain() {
  if (free_chains_ == nullptr) {
    chains_.push_back(std::make_unique<Chain>(*this));
    return chains_.back().get();
  }
  Chain* const chain = free_chains_;
  free_chains_ = std::exchange(chain->queue_next, nullptr);
  return chain;
}

void Worker::ReturnChain(Chain* chain) { chain->queue_next = std::exchange(free_chains_, chain); }

OutMessage* Worker::TakeOut() {
  if (free_outs_ == nullptr) {
    outs_.push_back(std::make_unique<OutMessage>());
    return outs_.back().get();
  }
  OutMessage* const out = free_outs_;
  free_outs_ = std::exchange(out->next, nullptr);
  return out;
}

void Worker::ReturnOut(OutMessage* out) {
  out->Clear();
  out->next = std::exchange(free_outs_, out);
}

void Worker::QueueReceived(Chain* chain) {
  (received_last_ == nullptr ? received_first_ : received_last_->queue_next) = chain;
  received_last_ = chain;
}

void Worker::QueueForSending(SmbConnection* connection) {
  if (std::exchange(connection->queued_for_sending, true)) return;
  ready_.push_back(connection->shared_from_this());
}

}  // namespace sluice::smb
