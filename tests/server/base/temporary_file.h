// A path in a directory of the test's own, and the lines of what is there.
#ifndef SLUICE_TESTS_SERVER_BASE_TEMPORARY_FILE_H_
#define SLUICE_TESTS_SERVER_BASE_TEMPORARY_FILE_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace sluice::base {

class TemporaryFile {
 public:
  TemporaryFile() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-base-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~TemporaryFile() { std::filesystem::remove_all(directory_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  std::string path() const { return directory_ + "/lines"; }
  std::string other() const { return directory_ + "/renamed"; }

  static std::vector<std::string> Lines(const std::string& path) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

 private:
  std::string directory_;
};

}  // namespace sluice::base

#endif  // SLUICE_TESTS_SERVER_BASE_TEMPORARY_FILE_H_
