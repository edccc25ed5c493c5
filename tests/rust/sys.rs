//! The C side as Rust sees it: include/iommu and include/iommusim, as far as this program needs them. Structures whose members
//! the caller fills are written down; storage that is private to the driver is bytes of the sizes in include/iommu/layout.h.

use core::ffi::{c_char, c_int, c_void};

/// IOMMU_UNIT_SIZE and the others, made from include/iommu/layout.h by the makefile.
mod layout {
    include!(concat!(env!("IOMMU_BUILD"), "/rust/layout.rs"));
}

const _: () = assert!(layout::ALIGN == 16, "repr(align) below takes no constant");

macro_rules! storage {
    ($name:ident, $size:ident) => {
        #[repr(C, align(16))]
        pub struct $name([u8; layout::$size]);

        impl $name {
            pub const SIZE: usize = layout::$size;

            pub fn new() -> Box<Self> {
                Box::new(Self([0; layout::$size]))
            }
        }
    };
}

storage!(Unit, UNIT_SIZE);
storage!(Domain, DOMAIN_SIZE);
storage!(Ticket, TICKET_SIZE);

/// The caller fills three members; the rest is the driver's.
#[repr(C, align(16))]
pub struct Device {
    pub rid: u16,
    pub ats: bool,
    pub ats_queue_depth: u8,
    pub silent: bool,
    private: [u8; layout::DEVICE_SIZE - 5],
}

impl Device {
    pub const SIZE: usize = layout::DEVICE_SIZE;

    pub fn new(rid: u16) -> Box<Self> {
        Box::new(Self { rid, ats: false, ats_queue_depth: 0, silent: false, private: [0; layout::DEVICE_SIZE - 5] })
    }
}

#[repr(C)]
pub struct Plat {
    pub ctx: *mut c_void,
    pub reg_read32: unsafe extern "C" fn(*mut c_void, u32, u32) -> u32,
    pub reg_read64: unsafe extern "C" fn(*mut c_void, u32, u32) -> u64,
    pub reg_write32: unsafe extern "C" fn(*mut c_void, u32, u32, u32),
    pub reg_write64: unsafe extern "C" fn(*mut c_void, u32, u32, u64),
    pub mem_read64: unsafe extern "C" fn(*mut c_void, u64) -> u64,
    pub mem_write64: unsafe extern "C" fn(*mut c_void, u64, u64),
    pub mem_fill64: Option<unsafe extern "C" fn(*mut c_void, u64, u32, u64, u64)>,
    pub mem_sync: unsafe extern "C" fn(*mut c_void, u64, u64, c_int),
    pub page_alloc: unsafe extern "C" fn(*mut c_void, u32) -> u64,
    pub page_free: unsafe extern "C" fn(*mut c_void, u64, u32),
    pub now_ns: unsafe extern "C" fn(*mut c_void) -> u64,
    pub relax: unsafe extern "C" fn(*mut c_void),
    pub lock: Option<unsafe extern "C" fn(*mut c_void, u32)>,
    pub unlock: Option<unsafe extern "C" fn(*mut c_void, u32)>,
    pub log: Option<unsafe extern "C" fn(*mut c_void, c_int, *const c_char)>,
    pub mem_write128: Option<unsafe extern "C" fn(*mut c_void, u64, u64, u64)>,
    pub device_silent: Option<unsafe extern "C" fn(*mut c_void, *mut Device)>,
}

pub const VENDOR_INTEL: c_int = 1;
pub const VENDOR_AMD: c_int = 2;
pub const DOMAIN_PAGING: c_int = 0;
pub const READ: u32 = 1;
pub const WRITE: u32 = 2;
pub const SYNC_FLUSH: c_int = 1;
pub const E_AGAIN: c_int = -10;

#[repr(C)]
#[derive(Default)]
pub struct UnitDesc {
    pub vendor: c_int,
    pub index: u32,
    pub host_addr_bits: u32,
    pub timeout_ns: u64,
    pub use_register_inval: bool,
    pub no_superpages: bool,
    pub iova_bits: u32,
    pub pci_cap: u32,
    pub pci_misc0: u32,
    pub rid_count: u32,
    pub not_coherent: bool,
    pub no_inval_all: bool,
}

#[repr(C)]
#[derive(Default)]
pub struct Fault {
    pub raw: [u64; 2],
    pub addr: u64,
    pub pasid: u32,
    pub rid: u16,
    pub reason: u8,
    pub at: u8,
    pub kind: u8,
    pub has_pasid: bool,
}

/// iommu_status: filled and read by the driver alone here.
#[repr(C, align(8))]
pub struct Status(pub [u8; 152]);

extern "C" {
    pub fn iommu_error_name(error: c_int) -> *const c_char;
    pub fn iommu_unit_size() -> usize;
    pub fn iommu_domain_size() -> usize;
    pub fn iommu_device_size() -> usize;
    pub fn iommu_ticket_size() -> usize;
    pub fn iommu_unit_init(u: *mut Unit, plat: *const Plat, desc: *const UnitDesc) -> c_int;
    pub fn iommu_unit_build(u: *mut Unit) -> c_int;
    pub fn iommu_unit_program(u: *mut Unit) -> c_int;
    pub fn iommu_unit_enable(u: *mut Unit) -> c_int;
    pub fn iommu_unit_stop(u: *mut Unit) -> c_int;
    pub fn iommu_status(u: *const Unit, s: *mut Status);
    pub fn iommu_status_format(s: *const Status, buf: *mut c_char, size: usize) -> usize;
    pub fn iommu_domain_init(d: *mut Domain, kind: c_int, units: *const *mut Unit, count: u32) -> c_int;
    pub fn iommu_domain_destroy(d: *mut Domain) -> c_int;
    pub fn iommu_attach(d: *mut Domain, u: *mut Unit, dev: *mut Device) -> c_int;
    pub fn iommu_detach(dev: *mut Device) -> c_int;
    pub fn iommu_map(d: *mut Domain, iova: u64, pa: u64, size: u64, prot: u32) -> c_int;
    pub fn iommu_unmap(d: *mut Domain, iova: u64, size: u64) -> c_int;
    pub fn iommu_unmap_lazy(d: *mut Domain, iova: u64, size: u64, t: *mut Ticket) -> c_int;
    pub fn iommu_poll(t: *mut Ticket) -> c_int;
    pub fn iommu_fault_drain(u: *mut Unit, out: *mut Fault, max: u32, count: *mut u32, lost: *mut bool) -> c_int;
}

// ---- the simulator ----

pub enum Sim {}

#[repr(C)]
#[derive(Default)]
pub struct Policy {
    pub keep: c_int,
    pub entries: u32,
    pub keep_nothing: u32,
    pub publish: c_int,
    pub delay: c_int,
    pub invalidate_more: bool,
    pub prefetch: bool,
    pub out_of_order: bool,
    pub rewalk_on_permission: bool,
    pub collapse_faults: bool,
    pub speculate: bool,
    pub exact_range: bool,
}

#[repr(C)]
#[derive(Default)]
pub struct SimConfig {
    pub seed: u64,
    pub policy: Policy,
    pub trace_records: u32,
    pub trace_entries: bool,
    pub oracle: bool,
    pub windows: bool,
}

#[repr(C)]
#[derive(Default)]
pub struct VtdConfig {
    pub base: u64,
    pub host_addr_bits: u32,
    pub ver: u32,
    pub cap: u64,
    pub ecap: u64,
    pub plm_align_bits: u32,
    pub phm_align_bits: u32,
}

#[repr(C)]
#[derive(Default)]
pub struct AmdviConfig {
    pub base: u64,
    pub cap: u32,
    pub misc0: u32,
    pub efr: u64,
    pub efr2: u64,
    pub unsnooped: bool,
    pub readings: u32,
}

pub const SIM_WRITE: c_int = 1;
pub const OUTCOME_OK: c_int = 0;

#[repr(C)]
pub struct Dma {
    pub dev: u32,
    pub access: c_int,
    pub at: c_int,
    pub flags: u32,
    pub pasid: u32,
    pub spoof: bool,
    pub rid: u16,
    pub addr: u64,
    pub len: u64,
    pub data: *mut c_void,
    pub seg: *mut c_void,
    pub segs: u32,
}

/// The members in front; what follows is not looked at here.
#[repr(C)]
#[derive(Default)]
pub struct DmaResult {
    pub outcome: c_int,
    pub done: u64,
    pub fail_addr: u64,
    last: [u64; 6],
    pub segs: u32,
    pub stale: bool,
}

extern "C" {
    pub fn sim_create(config: *const SimConfig, out: *mut *mut Sim) -> c_int;
    pub fn sim_destroy(s: *mut Sim);
    pub fn sim_mem_add(s: *mut Sim, first: u64, last: u64) -> c_int;
    pub fn sim_mem_load(s: *mut Sim, pa: u64, buf: *mut c_void, len: usize) -> c_int;
    pub fn sim_mem_store(s: *mut Sim, pa: u64, buf: *const c_void, len: usize) -> c_int;
    pub fn sim_cpu_read64(s: *mut Sim, pa: u64) -> u64;
    pub fn sim_cpu_write64(s: *mut Sim, pa: u64, val: u64);
    pub fn sim_cpu_sync(s: *mut Sim, pa: u64, size: u64, write_back: bool);
    pub fn sim_reg_read(s: *mut Sim, unit: u32, off: u32, width: u32) -> u64;
    pub fn sim_reg_write(s: *mut Sim, unit: u32, off: u32, width: u32, val: u64);
    pub fn sim_now_ns(s: *const Sim) -> u64;
    pub fn sim_relax(s: *mut Sim);
    pub fn sim_device_add(s: *mut Sim, unit: u32, rid: u16, ats: bool) -> c_int;
    pub fn sim_dma(s: *mut Sim, dma: *const Dma, result: *mut DmaResult) -> c_int;
    pub fn sim_vtd_default(config: *mut VtdConfig);
    pub fn sim_vtd_add(s: *mut Sim, config: *const VtdConfig) -> c_int;
    pub fn sim_amdvi_default(config: *mut AmdviConfig);
    pub fn sim_amdvi_add(s: *mut Sim, config: *const AmdviConfig) -> c_int;
    pub fn sim_complaint_info(id: u32) -> *const c_void;
    pub fn sim_finding_count(s: *const Sim) -> u32;
    pub fn sim_complaint_count(s: *const Sim, id: u32) -> u32;

    static mirror: [u32; MIRROR.len() + 1];
}

/// Sizes and offsets in the order of mirror.c.
const MIRROR: [usize; 19] = {
    use core::mem::{offset_of, size_of};
    [
        size_of::<Plat>(),
        offset_of!(Plat, device_silent),
        offset_of!(Plat, page_alloc),
        size_of::<UnitDesc>(),
        offset_of!(UnitDesc, no_inval_all),
        offset_of!(UnitDesc, pci_cap),
        offset_of!(Device, silent),
        size_of::<Fault>(),
        offset_of!(Fault, reason),
        size_of::<Status>(),
        size_of::<SimConfig>(),
        offset_of!(SimConfig, oracle),
        size_of::<VtdConfig>(),
        size_of::<AmdviConfig>(),
        offset_of!(AmdviConfig, misc0),
        size_of::<Dma>(),
        offset_of!(Dma, data),
        size_of::<DmaResult>(),
        offset_of!(DmaResult, last),
    ]
};

/// The first line of mirror.c that does not agree, counted from 0: (line, C, Rust).
pub fn mirror_differs() -> Option<(usize, usize, usize)> {
    // SAFETY: mirror.c has one more element than MIRROR, the end mark.
    let c = unsafe { &mirror };
    if c[MIRROR.len()] != u32::MAX {
        return Some((MIRROR.len(), c[MIRROR.len()] as usize, u32::MAX as usize));
    }
    (0..MIRROR.len()).map(|i| (i, c[i] as usize, MIRROR[i])).find(|&(_, c, rust)| c != rust)
}
