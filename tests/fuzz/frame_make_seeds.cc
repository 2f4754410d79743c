// Writes the frame fuzzer's seeds into a directory, one file each.
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/fuzz/frame_seeds.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return 2;
  }
  for (const auto& [name, input] : sluice::fuzz::Seeds()) {
    const sluice::fuzz::Bytes bytes = sluice::fuzz::Serialize(input);
    std::ofstream file(std::string(argv[1]) + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) {
      std::perror(name.c_str());
      return 1;
    }
  }
  return 0;
}
