#include "crypto/ipsec_mb/manager.h"

#include <array>

namespace sluice::crypto {
namespace {

struct Row {
  Processor processor;
  absl::string_view name;
  uint64_t features;
  void (*init)(IMB_MGR*);
};

constexpr std::array<Row, 3> kRows = {{
    {Processor::kAvx512, "AVX512", IMB_CPUFLAGS_AVX512, init_mb_mgr_avx512},
    {Processor::kAvx2, "AVX2", IMB_CPUFLAGS_AVX2, init_mb_mgr_avx2},
    {Processor::kSse, "SSE", IMB_CPUFLAGS_SSE, init_mb_mgr_sse},
}};

const Row* Find(Processor processor) {
  for (const Row& row : kRows) {
    if (row.processor == processor) return &row;
  }
  return nullptr;
}

bool Runs(const Row& row) {
  static const uint64_t features = imb_get_feature_flags();
  return (features & row.features) == row.features;
}

}  // namespace

Processor DetectProcessor() {
  for (const Row& row : kRows) {
    if (Runs(row)) return row.processor;
  }
  return Processor::kNoAesni;
}

bool ProcessorAvailable(Processor processor) {
  const Row* row = Find(processor);
  return row == nullptr || Runs(*row);
}

absl::string_view Name(Processor processor) {
  if (processor == Processor::kAuto) processor = DetectProcessor();
  const Row* row = Find(processor);
  return row == nullptr ? "no AES-NI" : row->name;
}

std::unique_ptr<Manager> Manager::Create(Processor processor) {
  const Row* row = Find(processor);
  if (row == nullptr || !Runs(*row)) return nullptr;
  std::unique_ptr<Manager> manager(new Manager);
  manager->memory_ = SecretBuffer(imb_get_mb_mgr_size());
  manager->manager_ = imb_set_pointers_mb_mgr(manager->memory_.data(), 0, 1);
  if (manager->manager_ == nullptr) return nullptr;
  row->init(manager->manager_);
  // The library tests itself in init.
  return imb_get_errno(manager->manager_) == 0 ? std::move(manager) : nullptr;
}

IMB_MGR* Manager::ForKeys(Processor processor) {
  static std::array<Manager*, kRows.size()>& managers = *[] {
    auto* made = new std::array<Manager*, kRows.size()>{};
    for (size_t i = 0; i < kRows.size(); ++i) (*made)[i] = Create(kRows[i].processor).release();
    return made;
  }();
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].processor == processor && managers[i] != nullptr) return managers[i]->get();
  }
  return nullptr;
}

}  // namespace sluice::crypto
