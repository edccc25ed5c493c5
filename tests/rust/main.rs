//! A Rust program that links libiommu.a: it implements the platform, takes a unit of each vendor through its stages, maps, lets a
//! device write, unmaps, and looks whether the device still gets through. The last line is "N passed, N failed".

mod platform;
mod sys;

use core::ffi::{c_int, CStr};
use platform::Machine;
use std::ptr;
use sys::{Device, Dma, DmaResult, Domain, Fault, Sim, Status, Ticket, Unit, UnitDesc};

const RID: u16 = 0x0010;
const RAM_LAST: u64 = 0x3FF_FFFF;
const POOL: u64 = 0x100_0000;
const POOL_PAGES: usize = 4096;
const TARGET: u64 = 0x20_0000;
const IOVA: u64 = 0x4000_0000;
const PAGE: u64 = 4096;

struct Tally {
    passed: u32,
    failed: u32,
    title: &'static str,
}

impl Tally {
    fn check(&mut self, what: &str, good: bool) {
        if good {
            self.passed += 1;
        } else {
            self.failed += 1;
            println!("FAILED  rust {}: {what}", self.title);
        }
    }

    fn ok(&mut self, what: &str, error: c_int) {
        if error != 0 {
            // SAFETY: the driver returns static text.
            let name = unsafe { CStr::from_ptr(sys::iommu_error_name(error)) };
            println!("    {what}: {}", name.to_string_lossy());
        }
        self.check(what, error == 0);
    }
}

/// A write of the device: what became of it and what the target page holds afterwards.
fn write(sim: *mut Sim, dev: u32, text: &[u8; 8]) -> (DmaResult, [u8; 8]) {
    let mut data = *text;
    let mut seen = [0u8; 8];
    let mut result = DmaResult::default();
    let dma = Dma {
        dev,
        access: sys::SIM_WRITE,
        at: 0,
        flags: 0,
        pasid: 0,
        spoof: false,
        rid: 0,
        addr: IOVA + 0x10,
        len: 8,
        data: data.as_mut_ptr().cast(),
        seg: ptr::null_mut(),
        segs: 0,
    };
    // SAFETY: buffers are as long as told and outlive the calls.
    unsafe {
        assert_eq!(sys::sim_dma(sim, &dma, &mut result), 0, "sim_dma refuses the request");
        assert_eq!(sys::sim_mem_load(sim, TARGET + 0x10, seen.as_mut_ptr().cast(), 8), 0);
    }
    (result, seen)
}

fn labels(unit: &Unit) -> String {
    let mut status = Status([0; 152]);
    let mut text = [0u8; 512];
    // SAFETY: the structure has its size (sys::mirror_differs), the buffer the size told.
    unsafe {
        sys::iommu_status(unit, &mut status);
        sys::iommu_status_format(&status, text.as_mut_ptr().cast(), text.len());
    }
    CStr::from_bytes_until_nul(&text).unwrap().to_string_lossy().into_owned()
}

fn add_unit(sim: *mut Sim, vendor: c_int) -> UnitDesc {
    // SAFETY: the structures have the sizes of the C side.
    unsafe {
        if vendor == sys::VENDOR_INTEL {
            let mut config = sys::VtdConfig::default();
            sys::sim_vtd_default(&mut config);
            assert_eq!(sys::sim_vtd_add(sim, &config), 0);
            UnitDesc { vendor, host_addr_bits: config.host_addr_bits, ..Default::default() }
        } else {
            let mut config = sys::AmdviConfig::default();
            sys::sim_amdvi_default(&mut config);
            assert_eq!(sys::sim_amdvi_add(sim, &config), 0);
            UnitDesc {
                vendor,
                host_addr_bits: 48,
                pci_cap: config.cap,
                pci_misc0: config.misc0,
                rid_count: 256,
                ..Default::default()
            }
        }
    }
}

fn stages(t: &mut Tally, unit: &mut Unit) {
    // SAFETY: the unit was initialised.
    unsafe {
        t.check("discovered: nothing programmed", labels(unit).contains("remapping_tables=not-programmed"));
        t.ok("iommu_unit_build", sys::iommu_unit_build(unit));
        t.check("built", labels(unit).contains("stage=built remapping_tables=built"));
        t.ok("iommu_unit_program", sys::iommu_unit_program(unit));
        t.check("programmed", labels(unit).contains("remapping_tables=programmed"));
        t.ok("iommu_unit_enable", sys::iommu_unit_enable(unit));
        t.check("translating", labels(unit).contains("stage=translating"));
        t.check("direct DMA is blocked", labels(unit).contains("direct_dma=blocked"));
    }
}

fn page_life(t: &mut Tally, sim: *mut Sim, dev: u32, unit: &mut Unit, domain: &mut Domain) {
    let mut ticket = Ticket::new();
    let mut fault = Fault::default();
    let (mut count, mut lost) = (0, false);
    // SAFETY: all storage outlives the calls; the ticket is polled until it is idle.
    unsafe {
        let (r, seen) = write(sim, dev, b"too soon");
        t.check("blocked before the map", r.outcome != sys::OUTCOME_OK && seen == [0; 8]);
        t.ok("iommu_fault_drain", sys::iommu_fault_drain(unit, &mut fault, 1, &mut count, &mut lost));
        t.check("the fault names device and page", count == 1 && fault.rid == RID && fault.addr & !0xFFF == IOVA);

        t.ok("iommu_map", sys::iommu_map(domain, IOVA, TARGET, PAGE, sys::READ | sys::WRITE));
        let (r, seen) = write(sim, dev, b"it lands");
        t.check("the write lands", r.outcome == sys::OUTCOME_OK && r.done == 8 && &seen == b"it lands");

        t.ok("iommu_unmap", sys::iommu_unmap(domain, IOVA, PAGE));
        let (r, seen) = write(sim, dev, b"too late");
        t.check("blocked after the unmap", r.outcome != sys::OUTCOME_OK && &seen == b"it lands");

        t.ok("iommu_map again", sys::iommu_map(domain, IOVA, TARGET, PAGE, sys::WRITE));
        let (r, seen) = write(sim, dev, b"2nd time");
        t.check("the second write lands", r.outcome == sys::OUTCOME_OK && &seen == b"2nd time");
        t.ok("iommu_unmap_lazy", sys::iommu_unmap_lazy(domain, IOVA, PAGE, &mut *ticket));
        let mut error = sys::E_AGAIN;
        for _ in 0..100_000 {
            error = sys::iommu_poll(&mut *ticket);
            if error != sys::E_AGAIN {
                break;
            }
            sys::sim_relax(sim);
        }
        t.ok("iommu_poll", error);
        let (r, seen) = write(sim, dev, b"too late");
        t.check("blocked after the ticket", r.outcome != sys::OUTCOME_OK && !r.stale && &seen == b"2nd time");
    }
}

fn complaints(sim: *mut Sim) -> u32 {
    // SAFETY: the list ends with NULL.
    unsafe { (0..).take_while(|&id| !sys::sim_complaint_info(id).is_null()).map(|id| sys::sim_complaint_count(sim, id)).sum() }
}

fn run(t: &mut Tally, vendor: c_int) {
    let config = sys::SimConfig { seed: 1, oracle: true, ..Default::default() };
    let mut sim = ptr::null_mut();
    // SAFETY: boxes stay in place until the end of this function, where nothing uses them any more.
    unsafe {
        assert_eq!(sys::sim_create(&config, &mut sim), 0);
        assert_eq!(sys::sim_mem_add(sim, 0, RAM_LAST), 0);
        let desc = add_unit(sim, vendor);
        let dev = u32::try_from(sys::sim_device_add(sim, 0, RID, false)).expect("sim_device_add");
        let mut machine = Machine::new(sim, POOL, POOL_PAGES);
        let plat = machine.plat();
        let (mut unit, mut domain, mut device) = (Unit::new(), Domain::new(), Device::new(RID));

        t.ok("iommu_unit_init", sys::iommu_unit_init(&mut *unit, &plat, &desc));
        stages(t, &mut unit);
        let units = [ptr::from_mut(&mut *unit)];
        t.ok("iommu_domain_init", sys::iommu_domain_init(&mut *domain, sys::DOMAIN_PAGING, units.as_ptr(), 1));
        t.ok("iommu_attach", sys::iommu_attach(&mut *domain, units[0], &mut *device));
        page_life(t, sim, dev, &mut *units[0], &mut domain);
        t.ok("iommu_detach", sys::iommu_detach(&mut *device));
        t.ok("iommu_domain_destroy", sys::iommu_domain_destroy(&mut *domain));
        t.ok("iommu_unit_stop", sys::iommu_unit_stop(units[0]));
        t.check("every page came back", machine.pages_in_use() == 0);
        t.check("the simulator complains of nothing", complaints(sim) == 0);
        t.check("the oracle found nothing", sys::sim_finding_count(sim) == 0);
        sys::sim_destroy(sim);
    }
}

fn main() {
    let mut t = Tally { passed: 0, failed: 0, title: "layout" };
    if let Some((line, c, rust)) = sys::mirror_differs() {
        println!("FAILED  rust: a structure differs: line {line} of mirror.c is {c}, of sys.rs {rust}; remedy: write sys.rs after the headers");
        println!("0 passed, 1 failed");
        std::process::exit(1);
    }
    // SAFETY: the functions take nothing.
    let fits = unsafe {
        sys::iommu_unit_size() <= Unit::SIZE
            && sys::iommu_domain_size() <= Domain::SIZE
            && sys::iommu_device_size() <= Device::SIZE
            && sys::iommu_ticket_size() <= Ticket::SIZE
    };
    t.check("opaque storage is large enough", fits);
    t.title = "vt-d";
    run(&mut t, sys::VENDOR_INTEL);
    t.title = "amd-vi";
    run(&mut t, sys::VENDOR_AMD);
    println!("{} passed, {} failed", t.passed, t.failed);
    std::process::exit((t.failed != 0).into());
}
