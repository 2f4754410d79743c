#include "server/auth/user_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "nlohmann/json.hpp"
#include "proto/wire/utf16.h"
#include "server/auth/user_name.h"
#include "server/base/limits.h"
#include "server/base/replace_file.h"

namespace sluice::auth {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

// Text that holds hashes.
struct SecretText {
  std::string text;
  ~SecretText() { crypto::Wipe(text.data(), text.size()); }
};

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status SystemError(absl::string_view what, absl::string_view path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, absl::StrCat("cannot ", what, " ", path));
}

absl::Status Corrupt(absl::string_view path, absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat("the user file ", path, " is damaged (", why,
                   "). It was left as it is: restore it from a backup, or move it away and add the "
                   "users again."));
}

// False in `*exists` if there is no file.
absl::Status ReadFile(const std::string& path, bool* exists, SecretText* out) {
  *exists = false;
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    return errno == ENOENT ? absl::OkStatus() : SystemError("read the user file", path);
  }
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return SystemError("read the user file", path);
  if (!S_ISREG(info.st_mode)) return Corrupt(path, "it is not a regular file");
  if ((info.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the user file ", path, " is open to other users of this machine; its hashes ",
                     "are as good as passwords. Run: chmod 600 ", path));
  }
  if (static_cast<uint64_t>(info.st_size) > limits::user_file_bytes_max) {
    return Corrupt(path, "it is too large");
  }
  out->text.resize(static_cast<size_t>(info.st_size));
  size_t done = 0;
  while (done < out->text.size()) {
    const ssize_t n = read(fd.get(), out->text.data() + done, out->text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError("read the user file", path);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  out->text.resize(done);
  *exists = true;
  return absl::OkStatus();
}

bool ParseHash(const std::string& hex, NtHash* hash) {
  if (hex.size() != 2 * hash->bytes.size()) return false;
  for (size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else {
      return false;
    }
    hash->bytes[i / 2] = static_cast<uint8_t>(hash->bytes[i / 2] << 4 | digit);
  }
  return true;
}

// A string member; "" if it is missing or something else.
std::string Text(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// What is wrong with the record, or nothing.
absl::string_view ParseUser(const json& record, User* user) {
  if (!record.is_object()) return "a user is not an object";
  user->name = Text(record, "name");
  user->unix_user = Text(record, "unix_user");
  const auto disabled = record.find("disabled");
  if (disabled != record.end()) {
    if (!disabled->is_boolean()) return "a user's disabled is neither true nor false";
    user->disabled = *disabled;
  }
  if (!ValidateUserName(user->name).ok()) return "a user has an invalid name";
  SecretText hash{Text(record, "nt_hash")};
  if (!ParseHash(hash.text, &user->nt_hash)) return "a user's nt_hash is not 32 hex digits";
  return "";
}

bool IsValidUnixUser(absl::string_view name) {
  if (name.size() > 255) return false;
  for (const char c : name) {
    if (c <= ' ' || c > '~' || c == ':' || c == '/') return false;
  }
  return true;
}

}  // namespace

NtHash::~NtHash() { crypto::Wipe(bytes.data(), bytes.size()); }

absl::StatusOr<NtHash> NtHashOfPassword(absl::string_view password) {
  std::vector<uint8_t> utf16;
  // No growth on the way, which would leave pieces of the password behind.
  utf16.reserve(2 * password.size());
  if (password.empty()) return absl::InvalidArgumentError("a password may not be empty");
  const bool valid = proto::Utf8ToUtf16(password, &utf16);
  NtHash hash;
  if (valid) hash.bytes = crypto::Md4(utf16);
  const size_t characters = utf16.size() / 2;
  crypto::Wipe(utf16.data(), utf16.size());
  if (!valid) return absl::InvalidArgumentError("a password must be UTF-8");
  if (characters > limits::password_characters_max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a password may have ", limits::password_characters_max, " characters at most"));
  }
  return hash;
}

absl::StatusOr<std::unique_ptr<UserStore>> UserStore::Open(std::string path) {
  SecretText text;
  bool exists = false;
  absl::Status status = ReadFile(path, &exists, &text);
  if (!status.ok()) return status;
  Users users;
  if (exists) {
    const json document = json::parse(text.text, nullptr, /*allow_exceptions=*/false);
    if (!document.is_object()) return Corrupt(path, "it is not a JSON object");
    const auto version = document.find("version");
    if (version == document.end() || !version->is_number_integer() || *version != kVersion) {
      return Corrupt(path, "its version is not 1");
    }
    const auto list = document.find("users");
    if (list == document.end() || !list->is_array()) return Corrupt(path, "it has no user list");
    if (list->size() > limits::users_max) return Corrupt(path, "it has too many users");
    for (const json& record : *list) {
      User user;
      const absl::string_view problem = ParseUser(record, &user);
      if (!problem.empty()) return Corrupt(path, problem);
      std::string key;
      UpperCaseName(user.name, &key);
      if (!users.emplace(std::move(key), std::move(user)).second) {
        return Corrupt(path, "a user is there twice");
      }
    }
  }
  return std::unique_ptr<UserStore>(new UserStore(std::move(path), std::move(users)));
}

UserStore::UserStore(std::string path, Users users)
    : path_(std::move(path)), users_(std::move(users)) {}

absl::Status UserStore::Commit(Users users) {
  json list = json::array();
  for (const auto& [key, user] : users) {
    json record = {{"name", user.name},
                   {"nt_hash", absl::BytesToHexString(absl::string_view(
                                   reinterpret_cast<const char*>(user.nt_hash.bytes.data()),
                                   user.nt_hash.bytes.size()))}};
    if (!user.unix_user.empty()) record["unix_user"] = user.unix_user;
    if (user.disabled) record["disabled"] = true;
    list.push_back(std::move(record));
  }
  const json document = {{"version", kVersion}, {"users", std::move(list)}};
  const SecretText text{document.dump(2) + "\n"};
  absl::Status status = base::ReplaceFile(path_, text.text);
  if (!status.ok()) return status;
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  users_ = std::move(users);
  return absl::OkStatus();
}

absl::Status UserStore::Add(absl::string_view name, absl::string_view password,
                            absl::string_view unix_user, bool* existed) {
  absl::Status valid = ValidateUserName(name);
  if (!valid.ok()) return valid;
  if (!IsValidUnixUser(unix_user)) {
    return absl::InvalidArgumentError("a Unix user is an account's name or a number");
  }
  absl::StatusOr<NtHash> hash = NtHashOfPassword(password);
  if (!hash.ok()) return hash.status();
  std::string key;
  UpperCaseName(name, &key);
  const std::lock_guard<std::mutex> writing(writing_);
  Users users;
  {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    users = users_;
  }
  User& user = users[key];
  if (existed != nullptr) *existed = !user.name.empty();
  if (user.name.empty()) user.name = std::string(name);
  user.nt_hash = *hash;
  if (!unix_user.empty()) user.unix_user = std::string(unix_user);
  if (users.size() > limits::users_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are ", limits::users_max, " users already"));
  }
  return Commit(std::move(users));
}

template <typename F>
absl::Status UserStore::Change(absl::string_view name, F change) {
  std::string key;
  const std::lock_guard<std::mutex> writing(writing_);
  Users users;
  {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    users = users_;
  }
  const auto found = UpperCaseName(name, &key) ? users.find(key) : users.end();
  if (found == users.end()) return absl::NotFoundError(absl::StrCat("there is no user ", name));
  change(found->second);
  return Commit(std::move(users));
}

absl::Status UserStore::SetPassword(absl::string_view name, absl::string_view password) {
  const absl::StatusOr<NtHash> hash = NtHashOfPassword(password);
  if (!hash.ok()) return hash.status();
  return Change(name, [&hash](User& user) { user.nt_hash = *hash; });
}

absl::Status UserStore::SetDisabled(absl::string_view name, bool disabled) {
  return Change(name, [disabled](User& user) { user.disabled = disabled; });
}

absl::Status UserStore::Import(std::vector<User> imported) {
  const std::lock_guard<std::mutex> writing(writing_);
  Users users;
  {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    users = users_;
  }
  for (User& user : imported) {
    absl::Status valid = ValidateUserName(user.name);
    if (!valid.ok()) return valid;
    std::string key;
    UpperCaseName(user.name, &key);
    const auto there = users.find(key);
    if (user.unix_user.empty() && there != users.end()) user.unix_user = there->second.unix_user;
    users[key] = std::move(user);
  }
  if (users.size() > limits::users_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there would be more than ", limits::users_max, " users; none was imported"));
  }
  return Commit(std::move(users));
}

absl::Status UserStore::Remove(absl::string_view name) {
  std::string key;
  const std::lock_guard<std::mutex> writing(writing_);
  Users users;
  {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    users = users_;
  }
  if (!UpperCaseName(name, &key) || users.erase(key) == 0) {
    return absl::NotFoundError(absl::StrCat("there is no user ", name));
  }
  return Commit(std::move(users));
}

bool UserStore::Find(absl::string_view name, User* user) const {
  std::string key;
  if (!UpperCaseName(name, &key)) return false;
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  const auto it = users_.find(key);
  if (it == users_.end()) return false;
  *user = it->second;
  return true;
}

std::vector<User> UserStore::List() const {
  std::vector<User> list;
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  list.reserve(users_.size());
  for (const auto& [key, user] : users_) list.push_back(user);
  return list;
}

}  // namespace sluice::auth
