// libFuzzer's entry to the way of a frame: docs/fuzzing.md.
#include <sanitizer/lsan_interface.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <random>
#include <vector>

#include "tests/fuzz/frame_input.h"
#include "tests/fuzz/frame_run.h"
#include "tests/fuzz/frame_seeds.h"
#include "tests/fuzz/fuzz_server.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max);

namespace sluice::fuzz {
namespace {

constexpr size_t kBodyGrowth = 64;

void MutateBody(Record& record) {
  Bytes& body = record.body;
  const size_t size = body.size();
  body.resize(std::min(size + kBodyGrowth, kRecordBodyBytesMax));
  body.resize(LLVMFuzzerMutate(body.data(), size, body.size()));
}

void MutateHead(Record& record, std::minstd_rand& random) {
  uint8_t* const fields[] = {&record.kind, &record.flags, &record.command, &record.charge,
                             &record.header};
  uint8_t& field = *fields[random() % std::size(fields)];
  // Mostly one bit, since most fields are flags.
  if (random() % 4 != 0) {
    field ^= static_cast<uint8_t>(1u << random() % 8);
  } else {
    field = static_cast<uint8_t>(random());
  }
}

// Records of the seeds, as material.
const Record& AnyRecord(std::minstd_rand& random) {
  static const std::vector<Record>& all = *[] {
    auto* records = new std::vector<Record>();
    for (const auto& [name, input] : Seeds()) {
      records->insert(records->end(), input.records.begin(), input.records.end());
    }
    return records;
  }();
  return all[random() % all.size()];
}

void Mutate(Input& input, std::minstd_rand& random) {
  std::vector<Record>& records = input.records;
  const size_t choice = random() % 16;
  if (choice == 0) {
    input.options ^= static_cast<uint8_t>(1u << random() % 8);
    return;
  }
  const auto at = [&](size_t end) {
    return records.begin() + static_cast<ptrdiff_t>(end == 0 ? 0 : random() % end);
  };
  if (records.empty() || (choice <= 4 && records.size() < kRecordsMax)) {
    records.insert(at(records.size() + 1), AnyRecord(random));
  } else if (choice == 5) {
    records.erase(at(records.size()));
  } else if (choice == 6) {
    std::iter_swap(at(records.size()), at(records.size()));
  } else if (choice == 7 && records.size() < kRecordsMax) {
    const Record copy = *at(records.size());
    records.insert(at(records.size() + 1), copy);
  } else if (choice <= 9) {
    MutateHead(*at(records.size()), random);
  } else {
    MutateBody(*at(records.size()));
  }
}

}  // namespace
}  // namespace sluice::fuzz

// Changes records rather than bytes, so that the lengths stay right; bytes now and then.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max,
                                          unsigned int seed) {
  std::minstd_rand random(seed);
  if (random() % 16 == 0) return LLVMFuzzerMutate(data, size, size_max);
  sluice::fuzz::Input input = sluice::fuzz::Parse({data, size});
  for (uint64_t rounds = 1 + random() % 3; rounds != 0; --rounds) {
    sluice::fuzz::Mutate(input, random);
  }
  const sluice::fuzz::Bytes bytes = sluice::fuzz::Serialize(input);
  if (bytes.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

// The first half of one and the second of another, cut between records.
extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t first_size,
                                            const uint8_t* second, size_t second_size, uint8_t* out,
                                            size_t out_max, unsigned int seed) {
  std::minstd_rand random(seed);
  sluice::fuzz::Input input = sluice::fuzz::Parse({first, first_size});
  const sluice::fuzz::Input other = sluice::fuzz::Parse({second, second_size});
  input.records.resize(random() % (input.records.size() + 1));
  const size_t skip = random() % (other.records.size() + 1);
  input.records.insert(input.records.end(), other.records.begin() + static_cast<ptrdiff_t>(skip),
                       other.records.end());
  const sluice::fuzz::Bytes bytes = sluice::fuzz::Serialize(input);
  const size_t size = std::min(bytes.size(), out_max);
  std::memcpy(out, bytes.data(), size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // libFuzzer's own check runs whenever more was allocated than freed, which pools and caches make
  // happen with most inputs; it would take nearly all of the time.
  constexpr int kInputsPerLeakCheck = 256;
  static int inputs = 0;
  sluice::fuzz::RunFrames({data, size});
  if (++inputs % kInputsPerLeakCheck == 0 && __lsan_do_recoverable_leak_check() != 0) {
    sluice::fuzz::Finding("memory has leaked since the last check");
  }
  return 0;
}
