// Tells PyTorch's CPU build that there is one device of KIND (CUDA or MPS), on which everything is done at once.
// Loaded before torch (LD_PRELOAD). It computes nothing: device.py does.
#include <ATen/DeviceAccelerator.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/detail/MPSHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)

constexpr auto kind = c10::DeviceType::KIND;

namespace c10::impl {

// What autograd asks of a device before it computes a gradient: which one is current, which stream, what is done.
struct PretendGuard final : DeviceGuardImplInterface {
  DeviceType type() const override { return kind; }
  Device getDevice() const override { return Device(kind, 0); }
  Device exchangeDevice(Device) const override { return getDevice(); }
  void setDevice(Device) const override {}
  void uncheckedSetDevice(Device) const noexcept override {}
  DeviceIndex deviceCount() const noexcept override { return 1; }
  Stream getStream(Device) const noexcept override { return Stream(Stream::DEFAULT, Device(kind, 0)); }
  Stream getNewStream(Device device, int) const override { return getStream(device); }
  Stream exchangeStream(Stream stream) const noexcept override { return getStream(stream.device()); }
  bool queryStream(const Stream&) const override { return true; }
  void synchronizeStream(const Stream&) const override {}
  void record(void**, const Stream&, const DeviceIndex, const EventFlag) const override {}
  void block(void*, const Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, const DeviceIndex) const noexcept override {}
};

C10_REGISTER_GUARD_IMPL(KIND, PretendGuard);

}  // namespace c10::impl

namespace at {

// PyTorch looks for it by its name, CUDAHooks or MPSHooks.
struct JOIN(, KIND, Hooks) : JOIN(, KIND, HooksInterface) {
  template <typename... Arguments>
  JOIN(, KIND, Hooks)(Arguments&&...) {}
  void init() const override {}
  bool JOIN(has, KIND, )() const override { return true; }
  bool hasPrimaryContext(DeviceIndex) const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  DeviceIndex deviceCount() const override { return 1; }
  DeviceIndex getCurrentDevice() const override { return 0; }
};

JOIN(REGISTER_, KIND, _HOOKS)(JOIN(, KIND, Hooks));

namespace accelerator {
// in place of PyTorch's own answer, which a CPU build compiles in
__attribute__((visibility("default"))) std::optional<c10::DeviceType> getAccelerator(bool) { return kind; }
__attribute__((visibility("default"))) bool isAccelerator(c10::DeviceType type) { return type == kind; }
}  // namespace accelerator
}  // namespace at
