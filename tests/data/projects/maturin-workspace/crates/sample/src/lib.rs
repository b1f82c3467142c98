#[no_mangle]
pub extern "C" fn sample() -> i32 {
    8
}
