#include "server/auth/user_store.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "server/auth/user_name.h"

namespace sluice::auth {
namespace {

class UserStoreTest : public ::testing::Test {
 protected:
  UserStoreTest() {
    std::string pattern = ::testing::TempDir() + "/users_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/users.json";
  }
  ~UserStoreTest() override {
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all);
    std::filesystem::remove_all(directory_);
  }

  void Write(const std::string& text) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), 0600);
  }
  std::string Read() {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  std::unique_ptr<UserStore> Open() {
    auto store = UserStore::Open(path_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? std::move(*store) : nullptr;
  }
  // Opening must fail, say `why` and leave the file as it is.
  void ExpectDamaged(const std::string& text, const std::string& why) {
    Write(text);
    const auto store = UserStore::Open(path_);
    ASSERT_FALSE(store.ok()) << text;
    const std::string message(store.status().message());
    EXPECT_TRUE(absl::StrContains(message, path_)) << message;
    EXPECT_TRUE(absl::StrContains(message, why)) << message;
    EXPECT_EQ(Read(), text);
  }

  std::string directory_;
  std::string path_;
};

constexpr char kGood[] =
    R"({"version":1,"users":[{"name":"Alice","nt_hash":"a4f49c406510bdcab6824ee7c30fd852"}]})";

TEST_F(UserStoreTest, StartsEmptyWithoutAFileAndMakesNone) {
  EXPECT_TRUE(Open()->List().empty());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UserStoreTest, KeepsUsersAcrossARestart) {
  auto store = Open();
  ASSERT_TRUE(store->Add("Alice", "Password", "").ok());
  ASSERT_TRUE(store->Add("bob", "other", "1000").ok());
  store = Open();
  User user;
  ASSERT_TRUE(store->Find("ALICE", &user));
  EXPECT_EQ(user.name, "Alice");
  EXPECT_EQ(user.nt_hash.bytes, NtHashOfPassword("Password")->bytes);
  EXPECT_EQ(user.unix_user, "");
  ASSERT_TRUE(store->Find("Bob", &user));
  EXPECT_EQ(user.unix_user, "1000");
  EXPECT_FALSE(store->Find("carol", &user));
  const std::vector<User> list = store->List();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].name, "Alice");
}

TEST_F(UserStoreTest, FileIsPrivateAndHoldsNoPassword) {
  ASSERT_TRUE(Open()->Add("alice", "Password", "").ok());
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  EXPECT_FALSE(absl::StrContains(Read(), "Password"));
  EXPECT_TRUE(absl::StrContains(Read(), "a4f49c406510bdcab6824ee7c30fd852"));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(UserStoreTest, UserThatIsThereGetsThePasswordAndKeepsTheRest) {
  auto store = Open();
  bool existed = true;
  ASSERT_TRUE(store->Add("alice", "one", "nobody", &existed).ok());
  EXPECT_FALSE(existed);
  ASSERT_TRUE(store->SetDisabled("alice", true).ok());
  ASSERT_TRUE(store->Add("ALICE", "two", "", &existed).ok());
  EXPECT_TRUE(existed);
  ASSERT_EQ(store->List().size(), 1u);
  const User user = store->List()[0];
  EXPECT_EQ(user.name, "alice");
  EXPECT_EQ(user.nt_hash.bytes, NtHashOfPassword("two")->bytes);
  EXPECT_EQ(user.unix_user, "nobody");
  EXPECT_TRUE(user.disabled);
  ASSERT_TRUE(store->Add("alice", "two", "daemon").ok());
  EXPECT_EQ(store->List()[0].unix_user, "daemon");
}

TEST_F(UserStoreTest, RemovesAUser) {
  auto store = Open();
  ASSERT_TRUE(store->Add("alice", "one", "").ok());
  EXPECT_TRUE(store->Remove("Alice").ok());
  EXPECT_EQ(store->Remove("Alice").code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Open()->List().empty());
}

TEST_F(UserStoreTest, SurvivesALeftOverTemporaryFile) {
  std::ofstream(path_ + ".new") << "half a fi";
  EXPECT_TRUE(Open()->Add("alice", "one", "").ok());
  EXPECT_EQ(Open()->List().size(), 1u);
}

TEST_F(UserStoreTest, AFailedWriteChangesNothing) {
  auto store = Open();
  ASSERT_TRUE(store->Add("alice", "one", "").ok());
  // A directory in the temporary file's place stops even root.
  std::filesystem::create_directory(path_ + ".new");
  std::ofstream(path_ + ".new/x") << "x";
  const std::string before = Read();
  const absl::Status status = store->Add("bob", "two", "");
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(absl::StrContains(status.message(), path_)) << status;
  User user;
  EXPECT_FALSE(store->Find("bob", &user));
  EXPECT_FALSE(store->Remove("alice").ok());
  EXPECT_TRUE(store->Find("alice", &user));
  EXPECT_EQ(Read(), before);
}

TEST_F(UserStoreTest, SaysWhereTheDirectoryIsMissing) {
  path_ = directory_ + "/no/such/users.json";
  auto store = Open();
  const absl::Status status = store->Add("alice", "one", "");
  EXPECT_TRUE(absl::StrContains(status.message(), path_)) << status;
}

TEST_F(UserStoreTest, ReadsAGoodFile) {
  Write(kGood);
  EXPECT_EQ(Open()->List().size(), 1u);
}

TEST_F(UserStoreTest, RefusesADamagedFileAndLeavesIt) {
  ExpectDamaged("", "not a JSON object");
  ExpectDamaged("[]", "not a JSON object");
  ExpectDamaged(std::string(kGood).substr(0, 60), "not a JSON object");
  ExpectDamaged(R"({"users":[]})", "version");
  ExpectDamaged(R"({"version":2,"users":[]})", "version");
  ExpectDamaged(R"({"version":1})", "no user list");
  ExpectDamaged(R"({"version":1,"users":[7]})", "not an object");
  ExpectDamaged(R"({"version":1,"users":[{"nt_hash":"a4f49c406510bdcab6824ee7c30fd852"}]})",
                "invalid name");
  ExpectDamaged(R"({"version":1,"users":[{"name":"a","nt_hash":"a4f4"}]})", "nt_hash");
  ExpectDamaged(
      R"({"version":1,"users":[{"name":"a","nt_hash":"g4f49c406510bdcab6824ee7c30fd852"}]})",
      "nt_hash");
  ExpectDamaged(R"({"version":1,"users":[)"
                R"({"name":"a","nt_hash":"a4f49c406510bdcab6824ee7c30fd852"},)"
                R"({"name":"A","nt_hash":"a4f49c406510bdcab6824ee7c30fd852"}]})",
                "twice");
}

TEST_F(UserStoreTest, RefusesAFileThatOthersCanRead) {
  Write(kGood);
  chmod(path_.c_str(), 0640);
  const auto store = UserStore::Open(path_);
  ASSERT_FALSE(store.ok());
  EXPECT_TRUE(absl::StrContains(store.status().message(), "chmod 600")) << store.status();
}

TEST_F(UserStoreTest, RefusesWhatIsNotAFile) {
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(UserStore::Open(path_).ok());
}

TEST_F(UserStoreTest, RefusesBadNamesPasswordsAndAccounts) {
  auto store = Open();
  EXPECT_FALSE(store->Add("", "pw", "").ok());
  EXPECT_FALSE(store->Add("a/b", "pw", "").ok());
  EXPECT_FALSE(store->Add("alice", "", "").ok());
  EXPECT_FALSE(store->Add("alice", "\xff", "").ok());
  EXPECT_FALSE(store->Add("alice", std::string(257, 'x'), "").ok());
  EXPECT_FALSE(store->Add("alice", "pw", "a b").ok());
  EXPECT_FALSE(store->Add("alice", "pw", "a:b").ok());
  EXPECT_TRUE(store->List().empty());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UserStoreTest, ThreadsMayReadAndWrite) {
  auto store = Open();
  ASSERT_TRUE(store->Add("alice", "pw", "").ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&store, t] {
      const std::string name = "user" + std::to_string(t);
      for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(store->Add(name, "pw", "").ok());
        EXPECT_TRUE(store->Remove(name).ok());
      }
    });
  }
  threads.emplace_back([&store] {
    for (int i = 0; i < 2000; ++i) {
      User user;
      EXPECT_TRUE(store->Find("alice", &user));
    }
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->List().size(), 1u);
}

TEST(UserNameTest, ComparesWithoutRegardToCase) {
  EXPECT_TRUE(SameUser("Jürgen", "JÜRGEN"));
  EXPECT_FALSE(SameUser("alice", "alic"));
  EXPECT_FALSE(SameUser("\xFF", "\xFF"));
}

TEST(UserNameTest, AllowsWhatWindowsAllows) {
  for (const char* name : {"alice", "Jürgen Müller", "o'neil", "a.b", "user-1", "日本", "x_y$"}) {
    EXPECT_TRUE(ValidateUserName(name).ok()) << name;
  }
}

TEST(UserNameTest, RefusesTheRest) {
  for (const char* name : {" alice", "alice ", ".alice", "alice.", "a\nb", "a\"b", "DOM\\alice",
                           "alice@dom", "a:b", "a*b", "\x7f", "a\xff"}) {
    EXPECT_FALSE(ValidateUserName(name).ok()) << name;
  }
  EXPECT_TRUE(ValidateUserName(std::string(64, 'x')).ok());
  EXPECT_FALSE(ValidateUserName(std::string(65, 'x')).ok());
}

TEST(UserNameTest, UpperCasesCharacterByCharacter) {
  std::string upper;
  ASSERT_TRUE(UpperCaseName("straße éß", &upper));
  EXPECT_EQ(upper.substr(0, 4), "STRA");
  EXPECT_TRUE(absl::StrContains(upper, "É"));
  EXPECT_FALSE(UpperCaseName("\xc0\x80", &upper));
}

}  // namespace
}  // namespace sluice::auth
