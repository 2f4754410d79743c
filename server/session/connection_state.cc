#include "server/session/connection_state.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "server/base/limits.h"

namespace sluice::session {

void Connection::Settle(Negotiated negotiated) {
  assert(AcceptsNegotiate());
  negotiated_ = std::move(negotiated);
}

KeyParameters Connection::key_parameters(crypto::Processor processor) const {
  KeyParameters parameters;
  parameters.dialect = negotiated_->dialect;
  parameters.signing_algorithm = negotiated_->signing_algorithm;
  parameters.cipher = negotiated_->cipher;
  parameters.processor = processor;
  return parameters;
}

bool Connection::AddSession(std::shared_ptr<Session> session) {
  if (sessions_.size() >= limits::sessions_per_connection_max) return false;
  const uint64_t id = session->id();
  return sessions_.try_emplace(id, std::move(session)).second;
}

std::shared_ptr<Session> Connection::FindSession(uint64_t id) const {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : it->second;
}

std::shared_ptr<Session> Connection::RemoveSession(uint64_t id) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return nullptr;
  std::shared_ptr<Session> session = std::move(it->second);
  sessions_.erase(it);
  return session;
}

std::vector<std::shared_ptr<Session>> Connection::TakeSessions() {
  std::vector<std::shared_ptr<Session>> all;
  all.reserve(sessions_.size());
  for (auto& [id, session] : sessions_) all.push_back(std::move(session));
  sessions_.clear();
  return all;
}

size_t Connection::unfinished_count() const {
  return static_cast<size_t>(std::count_if(
      sessions_.begin(), sessions_.end(),
      [](const auto& entry) { return entry.second->state() == SessionState::kInProgress; }));
}

bool Connection::HasValidSession() const {
  return std::any_of(sessions_.begin(), sessions_.end(), [](const auto& entry) {
    return entry.second->state() == SessionState::kValid;
  });
}

}  // namespace sluice::session
