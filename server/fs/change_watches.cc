#include "server/fs/change_watches.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/wire/utf16.h"
#include "server/base/limits.h"
#include "server/fs/name_rules.h"
#include "server/ring/loop.h"

namespace sluice::fs {

using proto::NotifyAction;
using proto::NtStatus;

namespace {

// "a/b" as a client sees it, in UTF-16LE. False for what cannot be shown.
bool ClientName(absl::string_view path, absl::string_view stream, std::vector<uint8_t>* name) {
  std::string shown = PathForClient(path);
  if (!stream.empty()) absl::StrAppend(&shown, ":", stream);
  return proto::Utf8ToUtf16(shown, name);
}

}  // namespace

std::shared_ptr<ChangeWatch> ChangeWatches::Add(absl::string_view directory,
                                                const WatchTerms& terms) {
  auto watch = std::make_shared<ChangeWatch>();
  watch->directory_.assign(directory.data(), directory.size());
  watch->terms_ = terms;
  watch->terms_.buffer_bytes = std::min(terms.buffer_bytes, limits::notify_buffer_bytes_max);
  std::lock_guard<std::mutex> lock(mutex_);
  watches_[watch->directory_].push_back(watch);
  count_.fetch_add(1);
  return watch;
}

void ChangeWatches::Remove(const std::shared_ptr<ChangeWatch>& watch) {
  Waiters finished;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    watch->ended_ = true;
    Forget(*watch);
    End(*watch, NtStatus::kNotifyCleanup, &finished);
    const auto there = watches_.find(watch->directory_);
    if (there == watches_.end()) return;
    const auto found = std::find(there->second.begin(), there->second.end(), watch);
    if (found != there->second.end()) {
      there->second.erase(found);
      count_.fetch_sub(1);
    }
    if (there->second.empty()) watches_.erase(there);
  }
  Resume(finished);
}

void ChangeWatches::Report(uint32_t filter, NotifyAction action, absl::string_view path,
                           absl::string_view stream) {
  if (!any()) return;
  Waiters finished;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    Watches touched;
    Append(filter, action, path, stream, &touched);
    Deliver(touched, &finished);
  }
  Resume(finished);
}

// Both names reach a client in one answer.
void ChangeWatches::ReportRename(uint32_t filter, absl::string_view from, absl::string_view to) {
  if (!any() || from.empty() || to.empty()) return;
  const bool stays = ParentOf(from) == ParentOf(to);
  Waiters finished;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    Watches touched;
    Append(filter, stays ? NotifyAction::kRenamedOldName : NotifyAction::kRemoved, from, "",
           &touched);
    Append(filter, stays ? NotifyAction::kRenamedNewName : NotifyAction::kAdded, to, "", &touched);
    Deliver(touched, &finished);
  }
  Resume(finished);
}

void ChangeWatches::Renamed(absl::string_view from, absl::string_view to) {
  if (!any() || from == to) return;
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = watches_.find(from);
  if (found == watches_.end()) return;
  Watches moving = std::move(found->second);
  watches_.erase(found);
  Watches& there = watches_[std::string(to)];
  for (std::shared_ptr<ChangeWatch>& watch : moving) {
    watch->directory_.assign(to.data(), to.size());
    there.push_back(std::move(watch));
  }
}

void ChangeWatches::SetGoing(absl::string_view directory, bool going) {
  if (!any()) return;
  Waiters finished;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = watches_.find(directory);
    if (found == watches_.end()) return;
    for (const std::shared_ptr<ChangeWatch>& watch : found->second) {
      watch->going_ = going;
      if (going) End(*watch, NtStatus::kDeletePending, &finished);
    }
  }
  Resume(finished);
}

// The watches of the directory that holds `path`, and of those above it that watch their trees.
void ChangeWatches::Append(uint32_t filter, NotifyAction action, absl::string_view path,
                           absl::string_view stream, Watches* touched) {
  if (path.empty()) return;
  absl::string_view directory = ParentOf(path);
  for (bool parent = true;; parent = false) {
    const auto found = watches_.find(directory);
    if (found != watches_.end()) {
      for (const std::shared_ptr<ChangeWatch>& watch : found->second) {
        if ((watch->terms_.filter & filter) == 0 || !(parent || watch->terms_.tree)) continue;
        absl::string_view relative = path;
        if (!directory.empty()) relative.remove_prefix(directory.size() + 1);
        AppendTo(*watch, action, relative, stream);
        touched->push_back(watch);
      }
    }
    if (directory.empty()) return;
    directory = ParentOf(directory);
  }
}

void ChangeWatches::AppendTo(ChangeWatch& watch, NotifyAction action, absl::string_view relative,
                             absl::string_view stream) {
  if (watch.overflowed_) return;
  proto::NotifyEntry entry;
  entry.action = action;
  const bool shown = ClientName(relative, stream, &entry.name);
  // One word about a file that goes on changing is enough.
  if (shown && !watch.entries_.empty() && watch.entries_.back() == entry) return;
  const size_t bytes = proto::NotifyEntryBytes(entry.name.size());
  if (!shown || watch.bytes_ + bytes > watch.terms_.buffer_bytes ||
      buffered_bytes_ + bytes > limits::notify_buffered_bytes_max) {
    Forget(watch);
    watch.overflowed_ = true;
    return;
  }
  watch.bytes_ += bytes;
  buffered_bytes_ += bytes;
  watch.entries_.push_back(std::move(entry));
}

void ChangeWatches::Forget(ChangeWatch& watch) {
  buffered_bytes_ -= std::exchange(watch.bytes_, 0);
  watch.entries_.clear();
  watch.overflowed_ = false;
}

void ChangeWatches::Fill(ChangeWatch& watch, ChangeWait& wait) {
  if (watch.overflowed_ || watch.bytes_ > wait.buffer_bytes_) {
    wait.status_ = NtStatus::kNotifyEnumDir;
  } else {
    wait.status_ = NtStatus::kOk;
    wait.entries_ = std::move(watch.entries_);
  }
  Forget(watch);
}

void ChangeWatches::Deliver(const Watches& touched, Waiters* finished) {
  for (const std::shared_ptr<ChangeWatch>& watch : touched) {
    const bool news = watch->overflowed_ || !watch->entries_.empty();
    if (!news || watch->waiters_.empty()) continue;
    ChangeWait* const wait = watch->waiters_.front();
    watch->waiters_.erase(watch->waiters_.begin());
    Fill(*watch, *wait);
    finished->push_back(wait);
  }
}

void ChangeWatches::End(ChangeWatch& watch, NtStatus status, Waiters* finished) {
  for (ChangeWait* wait : watch.waiters_) {
    wait->status_ = status;
    finished->push_back(wait);
  }
  watch.waiters_.clear();
}

void ChangeWatches::Resume(const Waiters& waiters) {
  for (const ChangeWait* wait : waiters) {
    wait->loop_->Post([handle = wait->handle_] { handle.resume(); });
  }
}

bool ChangeWait::Finish() {
  if (status_ != NtStatus::kPending) return true;
  if (watch_->ended_) {
    status_ = NtStatus::kNotifyCleanup;
  } else if (watch_->going_) {
    status_ = NtStatus::kDeletePending;
  } else if (watch_->overflowed_ || !watch_->entries_.empty()) {
    watches_.Fill(*watch_, *this);
  }
  return status_ != NtStatus::kPending;
}

bool ChangeWait::TryFinish() {
  std::lock_guard<std::mutex> lock(watches_.mutex_);
  return Finish();
}

bool ChangeWait::await_suspend(std::coroutine_handle<> awaiter) {
  handle_ = awaiter;
  loop_ = &ring::Loop::Current();
  std::lock_guard<std::mutex> lock(watches_.mutex_);
  if (Finish()) return false;
  watch_->waiters_.push_back(this);
  return true;
}

void ChangeWait::Cancel() {
  {
    std::lock_guard<std::mutex> lock(watches_.mutex_);
    if (status_ != NtStatus::kPending) return;
    status_ = NtStatus::kCancelled;
    const auto found = std::find(watch_->waiters_.begin(), watch_->waiters_.end(), this);
    if (found == watch_->waiters_.end()) return;  // not awaited yet
    watch_->waiters_.erase(found);
  }
  ChangeWatches::Resume({this});
}

}  // namespace sluice::fs
