#include "server/fs/name_cache.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "server/fs/name_rules.h"

namespace sluice::fs {
namespace {

// The clock of file times may tick this seldom: two changes in between leave the same times.
constexpr int64_t kTick = 20'000'000 / storage::kTickNanos;
// Own changes are trusted so long that reading anew takes at most a twentieth of the time, and a
// little for directories that are read in no time.
constexpr uint64_t kTrustReads = 20;
constexpr uint64_t kTrustNanosMin = 5'000'000;
// A change this much later than the last own one is somebody else's. It is no less than a request
// takes, since own changes are entered when they are done.
constexpr int64_t kQuiet = 100'000'000 / storage::kTickNanos;

// Beyond so many a directory that is read is not worth keeping.
constexpr size_t kChangesInReadingMax = 65536;

}  // namespace

absl::string_view FoldedNames::At(uint32_t offset) const {
  return absl::string_view(names_.c_str() + offset);
}

bool FoldedNames::Answers(uint32_t offset, absl::string_view folded) const {
  const absl::string_view name = At(offset);
  return FoldName(name) == folded ||
         (LooksMangled(folded) && FoldName(ShortNameFor(name)) == folded);
}

uint32_t* FoldedNames::Slot(absl::string_view folded) {
  for (uint64_t hash = absl::Hash<absl::string_view>{}(folded);; ++hash) {
    const auto [at, inserted] = index_.try_emplace(hash, kRemoved);
    if (inserted || at->second == kRemoved || Answers(at->second, folded)) return &at->second;
  }
}

void FoldedNames::AddKey(absl::string_view folded, uint32_t offset) {
  uint32_t* slot = Slot(folded);
  if (*slot != kRemoved) {
    ambiguous_ = ambiguous_ || At(*slot) != At(offset);
    return;
  }
  *slot = offset;
}

void FoldedNames::Add(absl::string_view name) {
  const auto offset = static_cast<uint32_t>(names_.size());
  names_.append(name.data(), name.size());
  names_.push_back('\0');
  AddKey(FoldName(name), offset);
  if (!IsLegalName(name)) AddKey(FoldName(NameForClient(name)), offset);
}

bool FoldedNames::Remove(absl::string_view name) {
  if (ambiguous_) return false;
  for (const std::string& folded : {FoldName(name), FoldName(NameForClient(name))}) {
    uint32_t* slot = Slot(folded);
    if (*slot != kRemoved && At(*slot) == name) *slot = kRemoved;
  }
  return true;
}

absl::string_view FoldedNames::Find(absl::string_view name) const {
  const std::string folded = FoldName(name);
  for (uint64_t hash = absl::Hash<absl::string_view>{}(folded);; ++hash) {
    const auto found = index_.find(hash);
    if (found == index_.end()) return {};
    if (found->second != kRemoved && Answers(found->second, folded)) return At(found->second);
  }
}

NameCache::Answer NameCache::Find(const storage::Stat& directory, absl::string_view name,
                                  uint64_t now, std::string* actual) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(Key(directory.device, directory.inode));
  if (found == entries_.end()) return Answer::kUnknown;
  Entry& entry = *found->second;
  const bool same = directory.modified == entry.modified && directory.changed == entry.changed;
  // With changes of our own under way the times tell little: they may be those of a change that
  // is entered only later.
  const bool entered = entry.own_changes && now - entry.read_at < entry.trust_nanos &&
                       directory.changed <= entry.own_changed_at + kQuiet;
  if (!same && !entered) return Answer::kUnknown;
  entry.used = ++uses_;
  const absl::string_view spelling = entry.names.Find(name);
  if (!spelling.empty()) {
    actual->assign(spelling.data(), spelling.size());
    return Answer::kFound;
  }
  return (same && entry.settled) || entered ? Answer::kNone : Answer::kUnknown;
}

bool NameCache::Lacks(absl::string_view path, absl::string_view name) {
  std::lock_guard lock(mutex_);
  const Entry* const entry = FindByPath(path);
  return entry != nullptr && entry->names.Find(name).empty();
}

NameCache::Reading::Reading(NameCache& cache, absl::string_view path) : cache_(cache), path_(path) {
  const std::lock_guard lock(cache_.mutex_);
  cache_.readings_.push_back(this);
}

NameCache::Reading::~Reading() {
  const std::lock_guard lock(cache_.mutex_);
  std::erase(cache_.readings_, this);
}

void NameCache::NoteInReadings(absl::string_view path, absl::string_view name, bool created,
                               int64_t wall) {
  for (Reading* const reading : readings_) {
    if (absl::string_view(reading->path_) != path) continue;
    reading->too_many_ = reading->too_many_ || reading->changes_.size() >= kChangesInReadingMax;
    if (!reading->too_many_) reading->changes_.push_back({std::string(name), created, wall});
  }
}

bool NameCache::Apply(const std::vector<Reading::Change>& changes, Entry* entry) {
  for (const Reading::Change& change : changes) {
    if (change.created) {
      entry->names.Add(change.name);
    } else if (!entry->names.Remove(change.name)) {
      return false;
    }
    entry->own_changes = true;
    entry->own_changed_at = std::max(entry->own_changed_at, change.wall);
  }
  return true;
}

void NameCache::Insert(const storage::Stat& directory, const Reading& reading, FoldedNames names,
                       uint64_t now, uint64_t end, int64_t wall) {
  if (names.bytes() > bytes_max_) return;
  auto entry = std::make_unique<Entry>();
  entry->names = std::move(names);
  entry->path = reading.path_;
  entry->modified = directory.modified;
  entry->changed = directory.changed;
  entry->read_at = now;
  entry->trust_nanos = std::max(kTrustNanosMin, (end - now) * kTrustReads);
  entry->settled = wall - std::max(directory.modified, directory.changed) >= kTick;
  const Key key(directory.device, directory.inode);
  std::lock_guard lock(mutex_);
  const auto before = entries_.find(key);
  if (before != entries_.end()) {
    // A directory that is busy stays so: the next of its changes under way reads nothing.
    entry->own_changes = before->second->own_changes;
    entry->own_changed_at = before->second->own_changed_at;
  }
  Drop(key);
  if (reading.too_many_ || !Apply(reading.changes_, entry.get())) return;
  entry->used = ++uses_;
  bytes_ += entry->names.bytes();
  by_path_[entry->path] = key;
  entries_[key] = std::move(entry);
  MakeRoom();
}

NameCache::Entry* NameCache::FindByPath(absl::string_view path) {
  const auto key = by_path_.find(path);
  if (key == by_path_.end()) return nullptr;
  const auto entry = entries_.find(key->second);
  return entry == entries_.end() ? nullptr : entry->second.get();
}

void NameCache::NoteCreated(absl::string_view path, absl::string_view name, int64_t wall) {
  std::lock_guard lock(mutex_);
  NoteInReadings(path, name, /*created=*/true, wall);
  Entry* entry = FindByPath(path);
  if (entry == nullptr) return;
  const size_t before = entry->names.bytes();
  entry->names.Add(name);
  entry->own_changes = true;
  entry->own_changed_at = std::max(entry->own_changed_at, wall);
  bytes_ += entry->names.bytes() - before;
  MakeRoom();
}

void NameCache::NoteRemoved(absl::string_view path, absl::string_view name, int64_t wall) {
  std::lock_guard lock(mutex_);
  NoteInReadings(path, name, /*created=*/false, wall);
  Entry* entry = FindByPath(path);
  if (entry == nullptr) return;
  // Looking for the slot may grow the table.
  const size_t before = entry->names.bytes();
  const bool known = entry->names.Remove(name);
  bytes_ += entry->names.bytes() - before;
  if (!known) {
    const Key key = by_path_.find(path)->second;
    Drop(key);
    return;
  }
  entry->own_changes = true;
  entry->own_changed_at = std::max(entry->own_changed_at, wall);
  MakeRoom();
}

void NameCache::Drop(const Key& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  bytes_ -= found->second->names.bytes();
  const auto path = by_path_.find(found->second->path);
  if (path != by_path_.end() && path->second == key) by_path_.erase(path);
  entries_.erase(found);
}

// The least recently used go first. Room is missing seldom, so it is searched for.
void NameCache::MakeRoom() {
  while (!entries_.empty() && (bytes_ > bytes_max_ || entries_.size() > directories_max_)) {
    const auto oldest = std::min_element(
        entries_.begin(), entries_.end(),
        [](const auto& a, const auto& b) { return a.second->used < b.second->used; });
    const Key key = oldest->first;
    Drop(key);
  }
}

}  // namespace sluice::fs
