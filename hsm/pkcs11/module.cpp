#include "hsm/pkcs11/module.hpp"

#include <dlfcn.h>

#include "hsm/api/errors.hpp"

namespace conclave::hsm::pkcs11 {

Result<std::unique_ptr<Module>> Module::load(const std::filesystem::path& file, CallWatch& watch) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return fail(api::kTokenUnavailable, std::string("PKCS#11 module: ") + ::dlerror());
  }
  auto get_list = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  if (get_list == nullptr) {
    return fail(api::kTokenUnavailable, file.string() + " is not a PKCS#11 module");
  }
  std::unique_ptr<Module> module(new Module(file, watch));
  if (get_list(&module->functions_) != CKR_OK || module->functions_ == nullptr) {
    return fail(api::kTokenUnavailable, file.string() + ": C_GetFunctionList failed");
  }
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  CONCLAVE_TRY(module->call("C_Initialize", &CK_FUNCTION_LIST::C_Initialize, &arguments));
  module->initialised_ = true;
  return module;
}

Module::~Module() {
  if (initialised_) call_raw("C_Finalize", &CK_FUNCTION_LIST::C_Finalize, nullptr);
}

Result<std::vector<CK_SLOT_ID>> Module::slots(bool with_token) {
  const CK_BBOOL present = with_token ? CK_TRUE : CK_FALSE;
  CK_ULONG count = 0;
  CONCLAVE_TRY(call("C_GetSlotList", &CK_FUNCTION_LIST::C_GetSlotList, present, nullptr, &count));
  std::vector<CK_SLOT_ID> slots(count);
  CONCLAVE_TRY(
      call("C_GetSlotList", &CK_FUNCTION_LIST::C_GetSlotList, present, slots.data(), &count));
  slots.resize(count);
  return slots;
}

Result<CK_TOKEN_INFO> Module::token_info(CK_SLOT_ID slot) {
  CK_TOKEN_INFO info{};
  CONCLAVE_TRY(call("C_GetTokenInfo", &CK_FUNCTION_LIST::C_GetTokenInfo, slot, &info));
  return info;
}

}  // namespace conclave::hsm::pkcs11
