#include "benchmarks/load/client/engine.h"

#include <algorithm>
#include <utility>

#include "benchmarks/load/client/client.h"
#include "benchmarks/load/client/exchange.h"

namespace sluice::bench {

Engine::Engine(ring::Loop& loop) : loop_(loop), stage_(crypto::BatchStage::Create()) {
  loop_.SetTurnHandler(this);
}

Engine::~Engine() { loop_.SetTurnHandler(nullptr); }

void Engine::OnTurn(ring::Loop&) {
  // A failure while sending ends exchanges, whose coroutines must not wait for the next turn: there
  // may be none.
  do {
    if (!sealed_.empty()) OpenSealed();
    while (!finished_.empty() || !waiters_.empty()) Finish();
    if (!ready_.empty()) SendReady();
  } while (!finished_.empty() || !waiters_.empty());
}

void Engine::QueueSealed(Client& client, net::Frame frame) {
  if (spare_.empty()) spare_.push_back(std::make_unique<SealedFrame>());
  std::unique_ptr<SealedFrame> sealed = std::move(spare_.back());
  spare_.pop_back();
  sealed->client = &client;
  sealed->frame = std::move(frame);
  sealed->job = crypto::SealJob();
  if (client.AddOpenJob(sealed->frame, &sealed->header, &sealed->job)) {
    sealed_.push_back(std::move(sealed));
  } else {
    sealed->frame.buffer.Reset();
    spare_.push_back(std::move(sealed));
  }
}

void Engine::OpenSealed() {
  stage_->Flush();
  opening_.swap(sealed_);
  for (std::unique_ptr<SealedFrame>& sealed : opening_) {
    sealed->client->TakeOpened(std::move(sealed->frame), sealed->job.ok);
    spare_.push_back(std::move(sealed));
  }
  opening_.clear();
}

void Engine::Finish() {
  stage_->Flush();
  finishing_.swap(finished_);
  ended_.store(ended_.load(std::memory_order_relaxed) + finishing_.size(),
               std::memory_order_relaxed);
  for (Exchange* exchange : finishing_) exchange->client_.Finish(*exchange);
  finishing_.clear();
  waking_.swap(waiters_);
  for (const std::coroutine_handle<> waiter : waking_) waiter.resume();
  waking_.clear();
}

void Engine::QueueForSending(Client& client) {
  if (std::exchange(client.queued_for_sending_, true)) return;
  ready_.push_back(&client);
}

void Engine::SendReady() {
  sending_.swap(ready_);
  for (Client* client : sending_) {
    if (client == nullptr) continue;
    client->queued_for_sending_ = false;
    client->PrepareSend();
  }
  stage_->Flush();
  for (Client* client : sending_) {
    if (client != nullptr) client->FinishSend();
  }
  sending_.clear();
}

void Engine::Forget(const Client& client) {
  std::replace(ready_.begin(), ready_.end(), const_cast<Client*>(&client),
               static_cast<Client*>(nullptr));
}

}  // namespace sluice::bench
