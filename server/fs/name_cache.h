// The names of recently searched directories, found by their folded form.
//
// A directory's names are good as long as its times are those from before it was read. Changes that
// the share makes itself are entered, so that making many files does not read the directory again
// for each. While it makes some, the times are passed over for twenty times as long as reading
// takes; a file that another program made meanwhile is found under its exact name only.
#ifndef SLUICE_SERVER_FS_NAME_CACHE_H_
#define SLUICE_SERVER_FS_NAME_CACHE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/storage/backend.h"

namespace sluice::fs {

// A directory's names by folded form. Not thread-safe. A name that clients see mangled is found by
// that form too.
class FoldedNames {
 public:
  void Add(absl::string_view name);
  // False if what is left in the table may be wrong: other names have the same folded form.
  bool Remove(absl::string_view name);
  // "" if there is none. Of names with the same folded form the first one added. Valid until the
  // next Add.
  absl::string_view Find(absl::string_view name) const;
  size_t bytes() const { return names_.capacity() + index_.capacity() * 17; }

 private:
  static constexpr uint32_t kRemoved = ~0u;

  absl::string_view At(uint32_t offset) const;
  // Whether a client may call the name at `offset` by this folded one.
  bool Answers(uint32_t offset, absl::string_view folded) const;
  // The slot of `folded`, made if there is none; the slot's hash goes to `hash`.
  uint32_t* Slot(absl::string_view folded);
  void AddKey(absl::string_view folded, uint32_t offset);

  std::string names_;  // each with a NUL
  // By hash of the folded name; one that is taken by another name uses the next number.
  absl::flat_hash_map<uint64_t, uint32_t> index_;
  bool ambiguous_ = false;
};

// Thread-safe; no I/O.
class NameCache {
 public:
  NameCache(size_t bytes_max, size_t directories_max)
      : bytes_max_(bytes_max), directories_max_(directories_max) {}

  enum class Answer { kFound, kNone, kUnknown };

  // `directory` as it is now, `now` in monotonic nanoseconds and `wall` as file times. kNone is
  // certain, kFound may be out of date.
  Answer Find(const storage::Stat& directory, absl::string_view name, uint64_t now,
              std::string* actual);

  // Whether the directory that was at `path` when it was read is known and has nothing that answers
  // to `name`. A hint that costs a look into memory: only Find() can tell whether it still holds.
  bool Lacks(absl::string_view path, absl::string_view name);

  // Lives while the directory at `path` is being read: a name that the share itself makes or
  // removes meanwhile may or may not be in what is read.
  class Reading {
   public:
    Reading(NameCache& cache, absl::string_view path);
    ~Reading();
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    friend class NameCache;
    struct Change {
      std::string name;
      bool created;
      int64_t wall;
    };
    NameCache& cache_;
    const std::string path_;
    std::vector<Change> changes_;  // of the cache's mutex, as all below
    bool too_many_ = false;
  };

  // Keeps what was read from `now` on until `end`. `directory` is its state before it was read;
  // `reading` lives since then.
  void Insert(const storage::Stat& directory, const Reading& reading, FoldedNames names,
              uint64_t now, uint64_t end, int64_t wall);

  // The share itself made or removed `name` in the directory at `path`, not later than `wall`.
  void NoteCreated(absl::string_view path, absl::string_view name, int64_t wall);
  void NoteRemoved(absl::string_view path, absl::string_view name, int64_t wall);

  size_t bytes_max() const { return bytes_max_; }

 private:
  using Key = std::pair<uint64_t, uint64_t>;  // device, inode
  struct Entry {
    FoldedNames names;
    std::string path;
    int64_t modified = 0;
    int64_t changed = 0;
    uint64_t read_at = 0;        // monotonic
    uint64_t trust_nanos = 0;    // how long own changes may be entered before it is read again
    bool settled = false;        // the times were old enough when it was read to tell every change
    bool own_changes = false;    // were entered since
    int64_t own_changed_at = 0;  // wall clock
    uint64_t used = 0;
  };

  Entry* FindByPath(absl::string_view path);
  void NoteInReadings(absl::string_view path, absl::string_view name, bool created, int64_t wall);
  // False if it cannot be told what is in the directory now.
  static bool Apply(const std::vector<Reading::Change>& changes, Entry* entry);
  void Drop(const Key& key);
  void MakeRoom();

  const size_t bytes_max_;
  const size_t directories_max_;
  std::mutex mutex_;
  absl::flat_hash_map<Key, std::unique_ptr<Entry>> entries_;  // mutex_, like all below
  absl::flat_hash_map<std::string, Key> by_path_;
  std::vector<Reading*> readings_;
  size_t bytes_ = 0;
  uint64_t uses_ = 0;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_NAME_CACHE_H_
