declare const painter: any;
export default painter;
