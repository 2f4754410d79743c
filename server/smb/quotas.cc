#include "server/smb/quotas.h"

#include <algorithm>

namespace sluice::smb {

Quotas::Place::~Place() {
  quotas_.pipe_bytes_.fetch_sub(pipe_bytes_, std::memory_order_relaxed);
  user_->pipe_bytes.fetch_sub(pipe_bytes_, std::memory_order_relaxed);
  quotas_.opens_.fetch_sub(1, std::memory_order_relaxed);
  user_->opens.fetch_sub(1, std::memory_order_relaxed);
}

bool Quotas::Place::SetPipeBytes(size_t bytes) {
  if (bytes <= pipe_bytes_) {
    quotas_.pipe_bytes_.fetch_sub(pipe_bytes_ - bytes, std::memory_order_relaxed);
    user_->pipe_bytes.fetch_sub(pipe_bytes_ - bytes, std::memory_order_relaxed);
    pipe_bytes_ = bytes;
    return true;
  }
  const size_t more = bytes - pipe_bytes_;
  const size_t all = quotas_.pipe_bytes_.fetch_add(more, std::memory_order_relaxed) + more;
  const size_t mine = user_->pipe_bytes.fetch_add(more, std::memory_order_relaxed);
  if (all > limits::named_pipe_bytes_max || mine > limits::named_pipe_bytes_max - all) {
    quotas_.pipe_bytes_.fetch_sub(more, std::memory_order_relaxed);
    user_->pipe_bytes.fetch_sub(more, std::memory_order_relaxed);
    quotas_.pipe_bytes_refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  pipe_bytes_ = bytes;
  return true;
}

std::shared_ptr<Quotas::User> Quotas::ForUser(absl::string_view name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (users_.size() >= prune_at_) {
    absl::erase_if(users_, [](const auto& entry) { return entry.second.expired(); });
    prune_at_ = std::max<size_t>(64, 2 * users_.size());
  }
  std::weak_ptr<User>& known = users_[name];
  std::shared_ptr<User> user = known.lock();
  if (user == nullptr) known = user = std::make_shared<User>(name);
  return user;
}

// With `of_user` and `in_all` opens without the new one.
bool Quotas::MayOpen(size_t of_user, size_t in_all) const {
  return in_all < opens_max_ && of_user < limits::opens_of_user_factor * (opens_max_ - in_all);
}

bool Quotas::HasRoomForOpen(const User& user) const {
  return MayOpen(user.opens.load(std::memory_order_relaxed),
                 opens_.load(std::memory_order_relaxed));
}

std::unique_ptr<Quotas::Place> Quotas::TakeOpen(std::shared_ptr<User> user) {
  const size_t in_all = opens_.fetch_add(1, std::memory_order_relaxed);
  const size_t of_user = user->opens.fetch_add(1, std::memory_order_relaxed);
  if (!MayOpen(of_user, in_all)) {
    opens_.fetch_sub(1, std::memory_order_relaxed);
    user->opens.fetch_sub(1, std::memory_order_relaxed);
    opens_refused_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  return std::make_unique<Place>(*this, std::move(user));
}

DescriptorBudget DivideDescriptors(size_t descriptors, size_t loops) {
  const size_t reserve =
      limits::descriptors_reserved + loops * (2 * limits::pipes_per_loop_max + 8);
  const size_t rest = descriptors - std::min(descriptors / 2, reserve);
  DescriptorBudget budget;
  budget.connections = std::clamp<size_t>(rest / 2, 1, limits::connections_max);
  budget.opens = std::clamp<size_t>(rest - budget.connections, 1, limits::opens_max);
  return budget;
}

}  // namespace sluice::smb
