#include "server/fs/write_time.h"

namespace sluice::fs {

void WriteTime::NoteWrite(uint64_t now, bool frozen) {
  if (frozen) {
    // Storage moves its time on every write: the one that shows must be kept and put back.
    if (state_ == State::kFollow) state_ = State::kHeld;
    written_frozen_ = true;
    return;
  }
  switch (state_) {
    case State::kFollow:
      state_ = State::kPending;
      since_ = now;
      break;
    case State::kPending:
      break;
    case State::kHeld:
      written_ = true;
      break;
  }
}

int64_t WriteTime::Visible(int64_t modified, uint64_t now) {
  switch (state_) {
    case State::kFollow:
      base_ = modified;
      return modified;
    case State::kPending:
      if (now - since_ < kDelayNanos) return base_;
      Commit(modified);
      return modified;
    case State::kHeld:
      return base_;
  }
  return modified;
}

void WriteTime::Commit(int64_t modified) {
  base_ = modified;
  if (state_ == State::kFollow) return;
  state_ = State::kHeld;
  written_ = false;
}

void WriteTime::Set(int64_t modified) {
  state_ = State::kHeld;
  Commit(modified);
  written_frozen_ = false;
}

std::optional<int64_t> WriteTime::AtClose(int64_t wall) {
  if (state_ == State::kPending) {
    state_ = State::kFollow;
    return std::nullopt;
  }
  if (state_ != State::kHeld) return std::nullopt;
  const bool restore = written_frozen_;
  written_frozen_ = false;
  if (written_) {
    written_ = false;
    base_ = wall;
    return wall;
  }
  if (restore) return base_;
  return std::nullopt;
}

}  // namespace sluice::fs
