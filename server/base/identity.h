// Whose rights a file operation runs with.
#ifndef SLUICE_SERVER_BASE_IDENTITY_H_
#define SLUICE_SERVER_BASE_IDENTITY_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace sluice::base {

// The Unix credentials of a session's user. Immutable once anybody else holds it, and the same on
// every loop: what a ring knows them by is ring::Personalities' matter.
//
// A function that takes a reference uses it until it, or its task, ends. Whatever outlives a
// request (open files, removals) keeps what Shared() gives: the session's own may be replaced by
// another authentication at any time.
struct Identity : std::enable_shared_from_this<Identity> {
  Identity() = default;
  Identity(uint32_t user, uint32_t group, std::vector<uint32_t> others = {})
      : uid(user), gid(group), groups(std::move(others)) {}

  // These credentials for as long as the pointer is held: the object itself where a shared_ptr
  // owns it, else a copy.
  std::shared_ptr<const Identity> Shared() const {
    std::shared_ptr<const Identity> self = weak_from_this().lock();
    return self != nullptr ? self : std::make_shared<const Identity>(*this);
  }

  uint32_t uid = 0;
  uint32_t gid = 0;
  std::vector<uint32_t> groups;  // supplementary
};

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_IDENTITY_H_
